/**
 * Layer-norm tuning: only the gains and biases of normalisations train.
 *
 * @see <a href="https://arxiv.org/abs/2312.11420">Zhao et al., Tuning LayerNorm in Attention:
 *     Towards Efficient Multi-Modal LLM Finetuning, 2023</a>
 */
@NullMarked
package org.peft4j.norm;

import org.jspecify.annotations.NullMarked;
