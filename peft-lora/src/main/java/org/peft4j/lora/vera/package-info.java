/**
 * VeRA: two random frozen matrices, shared by all modules, between two trained vectors, {@code h =
 * W₀·x + λ_b ⊙ B·(λ_d ⊙ A·x)}.
 *
 * @see <a href="https://arxiv.org/abs/2310.11454">Kopiczko et al., VeRA: Vector-based Random Matrix
 *     Adaptation, 2024</a>
 */
@NullMarked
package org.peft4j.lora.vera;

import org.jspecify.annotations.NullMarked;
