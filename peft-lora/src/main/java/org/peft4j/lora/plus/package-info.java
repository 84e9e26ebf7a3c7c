/**
 * LoRA+: B learns faster than A.
 *
 * @see <a href="https://arxiv.org/abs/2402.12354">Hayou et al., LoRA+: Efficient Low Rank
 *     Adaptation of Large Models, 2024</a>
 */
@NullMarked
package org.peft4j.lora.plus;

import org.jspecify.annotations.NullMarked;
