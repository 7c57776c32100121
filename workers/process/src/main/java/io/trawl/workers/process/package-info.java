/**
 * What a process of ours does for itself, whatever it serves: a log that no thread waits for, an
 * end at once when memory is out, one folder for what it writes. The only importer of Logback;
 * knows nothing of who uses it.
 */
@NullMarked
package io.trawl.workers.process;

import org.jspecify.annotations.NullMarked;
