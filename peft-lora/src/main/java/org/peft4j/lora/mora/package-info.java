/**
 * MoRA: one square matrix between a fixed compression and decompression, {@code h = W₀·x +
 * decompress(M·compress(x))}. M has about as many elements as LoRA of rank r, and a rank of up to
 * its size.
 *
 * @see <a href="https://arxiv.org/abs/2405.12130">Jiang et al., MoRA: High-Rank Updating for
 *     Parameter-Efficient Fine-Tuning, 2024</a>
 */
@NullMarked
package org.peft4j.lora.mora;

import org.jspecify.annotations.NullMarked;
