/** JSON and protobuf to the messages of the API and back, strictly, by their descriptors. */
@NullMarked
package io.trawl.api.codec;

import org.jspecify.annotations.NullMarked;
