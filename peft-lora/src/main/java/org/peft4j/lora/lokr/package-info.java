/**
 * LoKr: the change of a weight is a Kronecker product, {@code ΔW = (α/r)·w1 ⊗ w2}, of which each
 * factor is full or of low rank.
 *
 * @see <a href="https://arxiv.org/abs/2212.10650">Edalati et al., KronA: Parameter Efficient Tuning
 *     with Kronecker Adapter, 2022</a>
 * @see <a href="https://arxiv.org/abs/2309.14859">Yeh et al., Navigating Text-To-Image
 *     Customization: From LyCORIS Fine-Tuning to Model Evaluation, 2024</a>
 */
@NullMarked
package org.peft4j.lora.lokr;

import org.jspecify.annotations.NullMarked;
