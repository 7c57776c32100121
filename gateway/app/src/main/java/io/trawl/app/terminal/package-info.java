/**
 * Text for a person at a terminal: colour only where it is wanted ({@link
 * io.trawl.app.terminal.Ansi}), columns that line up whatever the script ({@link
 * io.trawl.app.terminal.TextWidth}, {@link io.trawl.app.terminal.TextTable}) and how far a long job
 * has come ({@link io.trawl.app.terminal.ProgressBar}).
 *
 * <p>Never reads a clock, an environment or a stream that was not handed in.
 */
@NullMarked
package io.trawl.app.terminal;

import org.jspecify.annotations.NullMarked;
