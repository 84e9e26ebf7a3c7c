/** Training on preferences: pairs of answers, and single answers that are good or bad. */
@NullMarked
package org.peft4j.train.preference;

import org.jspecify.annotations.NullMarked;
