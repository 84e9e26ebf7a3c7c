/** What models say of texts: labels with scores, tags of words, answers. Values only. */
@NullMarked
package org.peft4j.transformers.prediction;

import org.jspecify.annotations.NullMarked;
