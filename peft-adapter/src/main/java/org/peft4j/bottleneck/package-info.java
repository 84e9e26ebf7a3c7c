/**
 * Bottleneck adapters: {@code up(f(down(x)))} after a sub-layer, or beside it.
 *
 * @see <a href="https://arxiv.org/abs/1902.00751">Houlsby et al., Parameter-Efficient Transfer
 *     Learning for NLP, 2019</a>
 */
@NullMarked
package org.peft4j.bottleneck;

import org.jspecify.annotations.NullMarked;
