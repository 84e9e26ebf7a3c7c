/** Examples with what is right, for the {@code evaluate} of each class of models. Values only. */
@NullMarked
package org.peft4j.transformers.evaluation;

import org.jspecify.annotations.NullMarked;
