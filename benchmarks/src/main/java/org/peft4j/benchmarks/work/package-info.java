/**
 * One measurement: loads and adapts a model and runs the work in its own process, so that the
 * memory peak is its own too.
 */
@NullMarked
package org.peft4j.benchmarks.work;

import org.jspecify.annotations.NullMarked;
