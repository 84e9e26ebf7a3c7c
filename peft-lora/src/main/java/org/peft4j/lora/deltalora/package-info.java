/**
 * Delta-LoRA: LoRA whose frozen weight follows. After each step W changes by λ·s times the change
 * of B·A.
 *
 * <p>These changes telescope: B·A starts at zero, so after any number of steps W has become {@code
 * W + λ·s·B·A}. The frozen array therefore need not change: the adapter acts as {@code s·(1 +
 * λ)·B·A}, while A and B get the gradients of {@code s·B·A} alone, as in the paper. Disabling the
 * adapter gives the base model bit for bit, and a file stores A and B.
 *
 * @see <a href="https://arxiv.org/abs/2309.02411">Zi et al., Delta-LoRA: Fine-Tuning High-Rank
 *     Parameters with the Delta of Low-Rank Matrices, 2023</a>
 */
@NullMarked
package org.peft4j.lora.deltalora;

import org.jspecify.annotations.NullMarked;
