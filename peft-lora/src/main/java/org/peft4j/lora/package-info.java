/**
 * LoRA: low-rank adaptation, {@code h = W₀·x + (α/r)·B·A·x}.
 *
 * @see <a href="https://arxiv.org/abs/2106.09685">Hu et al., LoRA: Low-Rank Adaptation of Large
 *     Language Models, 2021</a>
 */
@NullMarked
package org.peft4j.lora;

import org.jspecify.annotations.NullMarked;
