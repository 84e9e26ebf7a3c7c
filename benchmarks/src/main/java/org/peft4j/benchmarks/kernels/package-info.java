/**
 * Single kernels under JMH, against the rates of products and of memory measured in the same run.
 */
@NullMarked
package org.peft4j.benchmarks.kernels;

import org.jspecify.annotations.NullMarked;
