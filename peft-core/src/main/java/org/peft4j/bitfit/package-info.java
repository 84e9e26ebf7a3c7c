/**
 * BitFit: only biases train.
 *
 * @see <a href="https://arxiv.org/abs/2106.10199">Ben Zaken et al., BitFit: Simple
 *     Parameter-efficient Fine-tuning for Transformer-based Masked Language-models, 2021</a>
 */
@NullMarked
package org.peft4j.bitfit;

import org.jspecify.annotations.NullMarked;
