/**
 * What a space says of itself: its manifest, its objectives and their prompt templates, and the
 * grammar of its prompts.
 */
@NullMarked
package io.trawl.space.manifest;

import org.jspecify.annotations.NullMarked;
