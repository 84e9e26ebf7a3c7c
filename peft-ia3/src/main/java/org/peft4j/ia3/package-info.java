/**
 * (IA)³: learned vectors scale keys, values and the input of feed-forward layers.
 *
 * @see <a href="https://arxiv.org/abs/2205.05638">Liu et al., Few-Shot Parameter-Efficient
 *     Fine-Tuning is Better and Cheaper than In-Context Learning, 2022</a>
 */
@NullMarked
package org.peft4j.ia3;

import org.jspecify.annotations.NullMarked;
