/**
 * LoHa: the change of a weight is a Hadamard product of two products of low rank, {@code ΔW = (α/r)
 * · (w1_a·w1_b) ⊙ (w2_a·w2_b)}, whose rank is up to r².
 *
 * @see <a href="https://arxiv.org/abs/2108.06098">Hyeon-Woo et al., FedPara: Low-Rank Hadamard
 *     Product for Communication-Efficient Federated Learning, 2022</a>
 */
@NullMarked
package org.peft4j.lora.loha;

import org.jspecify.annotations.NullMarked;
