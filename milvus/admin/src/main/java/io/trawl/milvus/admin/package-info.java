/** A space in Milvus: loaded, verified, activated, rolled back and dropped. */
@NullMarked
package io.trawl.milvus.admin;

import org.jspecify.annotations.NullMarked;
