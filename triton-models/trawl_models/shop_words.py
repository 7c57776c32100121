"""The words of the generated shop: departments, categories, brands, collections, colours.

Brands and collections are invented. A category names its nouns, its materials, a middle price,
and the categories that go well with it, the best match first.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Category:
    name: str
    nouns: tuple[str, ...]
    materials: tuple[str, ...]
    price: float
    complements: tuple[str, ...]


def _category(line: str) -> Category:
    name, nouns, materials, price, complements = (part.strip() for part in line.split("|"))
    return Category(name, _list(nouns), _list(materials), float(price), _list(complements))


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(","))


_TABLE = """
# Outdoor: Norvane, Tamrick, Peltholm, Oskarra, Brimfell, Quillback
Tents | 2-Person Tent, Family Tent, Trekking Tent | Ripstop, Canvas, Storm-Proof | 160 | Sleeping Bags, Camp Kitchen, Headlamps
Sleeping Bags | Sleeping Bag, Winter Sleeping Bag, Sleeping Mat | Down, Fleece-Lined, Ultralight | 90 | Tents, Backpacks
Camp Kitchen | Camping Stove, Cook Set, Camp Kettle | Titanium, Aluminium, Folding | 45 | Tents, Water Bottles
Backpacks | Hiking Backpack, Day Pack, Travel Rucksack | Waterproof, Ripstop, Ventilated | 85 | Hiking Boots, Water Bottles
Hiking Boots | Hiking Boots, Trail Shoes, Walking Shoes | Leather, Waterproof, Suede | 110 | Hiking Socks, Backpacks
Hiking Socks | Hiking Socks, Trail Gaiters, Boot Liners | Merino, Bamboo, Cushioned | 16 | Hiking Boots, Headlamps
# Kitchen: Velmora, Casterby, Ombrick, Tessaro, Linfold, Quernley
Kettles | Electric Kettle, Stovetop Kettle, Gooseneck Kettle | Steel, Enamel, Copper | 48 | Mugs, Teapots
Coffee Makers | Coffee Maker, French Press, Moka Pot | Glass, Steel, Ceramic | 65 | Mugs, Kettles
Mugs | Mug, Espresso Cup, Travel Mug | Stoneware, Porcelain, Enamel | 14 | Coffee Makers, Teapots
Teapots | Teapot, Tea Infuser, Tea Caddy | Porcelain, Cast Iron, Glass | 30 | Kettles, Mugs
Frying Pans | Frying Pan, Saute Pan, Wok | Cast Iron, Carbon Steel, Non-Stick | 55 | Kitchen Knives, Chopping Boards
Kitchen Knives | Chef's Knife, Paring Knife, Bread Knife | Damascus, Forged, Steel | 60 | Chopping Boards, Frying Pans
# Dining: Harrowmere, Solvenne, Pottergate, Aldwyke, Mirabeck, Fennimoor
Chopping Boards | Chopping Board, Serving Board, Cheese Board | Oak, Bamboo, Walnut | 28 | Kitchen Knives, Table Linen
Table Linen | Tablecloth, Napkins, Table Runner | Linen, Cotton, Jacquard | 26 | Dinner Plates, Candles
Dinner Plates | Dinner Plate, Pasta Bowl, Side Plate | Stoneware, Porcelain, Glazed | 22 | Cutlery, Wine Glasses
Cutlery | Cutlery Set, Serving Spoons, Steak Knives | Brushed, Steel, Brass | 42 | Dinner Plates, Table Linen
Wine Glasses | Wine Glasses, Tumblers, Carafe | Crystal, Recycled Glass, Hand-Blown | 32 | Dinner Plates, Candles
Food Storage | Storage Jar, Lunch Box, Bread Bin | Glass, Bamboo, Steel | 19 | Chopping Boards, Water Bottles
# Garden: Greenlowe, Thornaby, Mossgrave, Bellroot, Wexholm, Larkspire
Planters | Planter, Hanging Pot, Window Box | Terracotta, Zinc, Rattan | 24 | Seeds, Watering Cans
Seeds | Flower Seeds, Herb Seeds, Vegetable Seeds | Organic, Heirloom, Wild | 5 | Planters, Garden Tools
Watering Cans | Watering Can, Plant Mister, Garden Hose | Copper, Galvanised, Recycled | 27 | Planters, Garden Tools
Garden Tools | Hand Trowel, Pruning Shears, Garden Fork | Ash-Handled, Forged, Steel | 23 | Garden Gloves, Seeds
Garden Gloves | Garden Gloves, Kneeling Pad, Garden Apron | Leather, Canvas, Waxed | 17 | Garden Tools, Bird Feeders
Bird Feeders | Bird Feeder, Bird Bath, Nest Box | Cedar, Zinc, Ceramic | 29 | Planters, Garden Lights
# Living: Elmarre, Duskwell, Havenlo, Rookwynd, Corriedale Row, Vantry
Cushions | Cushion, Floor Cushion, Bolster | Velvet, Linen, Boucle | 27 | Throws, Rugs
Throws | Throw, Blanket, Wool Plaid | Wool, Chunky-Knit, Cotton | 49 | Cushions, Candles
Rugs | Rug, Runner, Doormat | Jute, Wool, Flatweave | 120 | Cushions, Table Lamps
Table Lamps | Table Lamp, Floor Lamp, Reading Lamp | Brass, Ceramic, Rattan | 75 | Rugs, Picture Frames
Picture Frames | Picture Frame, Wall Mirror, Photo Ledge | Oak, Brass, Walnut | 34 | Table Lamps, Candles
Candles | Scented Candle, Pillar Candle, Candle Holder | Soy, Beeswax, Marble | 18 | Throws, Garden Lights
# Bedroom: Somnara, Feathergill, Lullworth Bay, Pillowby, Drowse & Dale, Nocturn
Duvet Covers | Duvet Cover, Bed Sheet, Bedspread | Linen, Percale, Sateen | 70 | Pillows, Towels
Pillows | Pillow, Pillowcase, Body Pillow | Down, Silk, Memory Foam | 38 | Duvet Covers, Bathrobes
Towels | Bath Towel, Hand Towel, Beach Towel | Cotton, Waffle, Bamboo | 21 | Bath Mats, Bathrobes
Bath Mats | Bath Mat, Shower Curtain, Soap Dish | Cotton, Stone, Cork | 24 | Towels, Candles
Bathrobes | Bathrobe, Slippers, Pyjamas | Waffle, Fleece, Silk | 52 | Towels, Pillows
Garden Lights | String Lights, Lantern, Solar Lamp | Copper, Glass, Solar | 31 | Bird Feeders, Candles
# Office: Inkholm, Paperlane, Deskarro, Quillmere, Notabley, Stackwell
Notebooks | Notebook, Sketchbook, Weekly Planner | Leather, Dotted, Clothbound | 17 | Pens, Desk Organisers
Pens | Fountain Pen, Rollerball Pen, Brush Pens | Brass, Resin, Walnut | 36 | Notebooks, Desk Organisers
Desk Organisers | Desk Organiser, Pen Tray, Monitor Stand | Walnut, Felt, Steel | 39 | Pens, Desk Lamps
Desk Lamps | Desk Lamp, Clamp Lamp, Monitor Light | Aluminium, Brass, Dimmable | 58 | Desk Organisers, Keyboards
Office Chairs | Office Chair, Kneeling Stool, Footrest | Mesh, Leather, Ergonomic | 190 | Desk Lamps, Keyboards
Keyboards | Keyboard, Mouse, Desk Mat | Mechanical, Wireless, Felt | 72 | Headphones, Office Chairs
# Sound & Phone: Auralis Nine, Wavecrest, Tonqua, Voltarra, Plughaus, Bassfinch
Headphones | Headphones, Earbuds, Sport Earphones | Wireless, Noise-Cancelling, Studio | 95 | Portable Speakers, Phone Cases
Portable Speakers | Portable Speaker, Shower Speaker, Bookshelf Speaker | Waterproof, Walnut, Rugged | 80 | Chargers, Headphones
Phone Cases | Phone Case, Phone Strap, Card Sleeve | Leather, Silicone, Cork | 22 | Chargers, Headphones
Chargers | Charger, Power Bank, Charging Dock | Fast, Wireless, Solar | 35 | Phone Cases, Portable Speakers
Headlamps | Headlamp, Camping Lantern, Torch | Rechargeable, Waterproof, Compact | 33 | Camp Kitchen, Chargers
Water Bottles | Water Bottle, Insulated Flask, Sports Bottle | Steel, Glass, Insulated | 24 | Yoga Mats, Running Shoes
# Sport: Strideon, Kinetta, Pacerra, Flexholm, Zephora, Rowntrace
Yoga Mats | Yoga Mat, Yoga Block, Meditation Cushion | Cork, Natural Rubber, Organic | 40 | Water Bottles, Dumbbells
Dumbbells | Dumbbells, Kettlebell, Resistance Bands | Cast Iron, Neoprene, Adjustable | 45 | Yoga Mats, Running Shoes
Running Shoes | Running Shoes, Race Shoes, Gym Shoes | Cushioned, Knit, Lightweight | 105 | Running Jackets, Water Bottles
Running Jackets | Running Jacket, Running Vest, Running Tights | Windproof, Reflective, Merino | 75 | Running Shoes, Headphones
Cycle Helmets | Cycle Helmet, Cycling Gloves, Bike Light | Vented, Reflective, Padded | 55 | Running Jackets, Chargers
Swimwear | Swim Goggles, Swimsuit, Swim Cap | Anti-Fog, Recycled, Silicone | 30 | Towels, Water Bottles
# Play & Pets: Pogglewick, Tumbledown Toys, Wagmore Lane, Purrington Row, Bramblepaw, Jollifer
Puzzles | Jigsaw Puzzle, Brain Teaser, 3D Puzzle | Wooden, 500-Piece, 1000-Piece | 19 | Board Games, Building Blocks
Board Games | Board Game, Card Game, Dice Game | Family, Strategy, Co-operative | 28 | Puzzles, Plush Toys
Building Blocks | Building Blocks, Marble Run, Train Set | Wooden, Magnetic, Beech | 37 | Puzzles, Plush Toys
Plush Toys | Plush Bear, Plush Rabbit, Plush Fox | Organic, Knitted, Corduroy | 23 | Building Blocks, Board Games
Dog Beds | Dog Bed, Dog Lead, Dog Bowl | Orthopaedic, Leather, Washable | 44 | Cat Trees, Throws
Cat Trees | Cat Tree, Scratching Post, Cat Tunnel | Sisal, Felt, Cardboard | 50 | Dog Beds, Rugs
"""

COLLECTIONS = (
    "Summit", "Harbour", "Meadow", "Ember", "Nordlys", "Juniper", "Atlas", "Coral",
    "Willow", "Comet", "Saffron", "Glacier", "Fable", "Orchard", "Tundra", "Lagoon",
)  # fmt: skip

COLOURS = (
    "Black", "White", "Grey", "Navy", "Forest Green", "Mustard",
    "Terracotta", "Sky Blue", "Rose", "Sand",
)  # fmt: skip

WITHOUT_COLOUR = frozenset({"Seeds", "Puzzles", "Board Games"})

REGIONS = ("north", "south", "east", "west", "coast")

AGES = ("18-24", "25-34", "35-49", "50-64", "65+")


def departments() -> dict[str, tuple[tuple[str, ...], tuple[Category, ...]]]:
    """Department name -> its brands and its categories."""
    found: dict[str, tuple[tuple[str, ...], tuple[Category, ...]]] = {}
    name = ""
    for line in filter(None, _TABLE.splitlines()):
        if line.startswith("#"):
            name, brands = line[1:].split(":")
            name = name.strip()
            found[name] = (_list(brands), ())
        else:
            brands_of, categories = found[name]
            found[name] = (brands_of, (*categories, _category(line)))
    return found
