/**
 * Metrics: functions of predictions and of what is right, that know neither models nor files. All
 * scores that are shares go from 0 to 1, also where the reference prints percent.
 */
@NullMarked
package org.peft4j.transformers.metrics;

import org.jspecify.annotations.NullMarked;
