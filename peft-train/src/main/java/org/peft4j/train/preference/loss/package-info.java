/** Losses of preferences, as functions of the answers' log-probabilities. */
@NullMarked
package org.peft4j.train.preference.loss;

import org.jspecify.annotations.NullMarked;
