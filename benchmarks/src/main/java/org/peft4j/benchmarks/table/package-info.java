/** Tables of text, and what they say of the machine. */
@NullMarked
package org.peft4j.benchmarks.table;

import org.jspecify.annotations.NullMarked;
