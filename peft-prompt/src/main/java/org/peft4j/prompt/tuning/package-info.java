/**
 * Prompt tuning: embeddings of virtual tokens precede those of the input, and train.
 *
 * @see <a href="https://arxiv.org/abs/2104.08691">Lester et al., The Power of Scale for
 *     Parameter-Efficient Prompt Tuning, 2021</a>
 */
@NullMarked
package org.peft4j.prompt.tuning;

import org.jspecify.annotations.NullMarked;
