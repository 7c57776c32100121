/** How files are written. */
@NullMarked
package io.trawl.app.files;

import org.jspecify.annotations.NullMarked;
