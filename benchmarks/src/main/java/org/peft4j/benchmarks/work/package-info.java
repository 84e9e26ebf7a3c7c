/**
 * One measurement: a model is loaded, adapted and put to work in a process of its own, so that its
 * peak of memory is its own too.
 */
@NullMarked
package org.peft4j.benchmarks.work;

import org.jspecify.annotations.NullMarked;
