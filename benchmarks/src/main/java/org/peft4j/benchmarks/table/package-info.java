/** Tables of text, and their description of the machine. */
@NullMarked
package org.peft4j.benchmarks.table;

import org.jspecify.annotations.NullMarked;
