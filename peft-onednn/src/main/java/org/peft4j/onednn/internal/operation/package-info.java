/** oneDNN's operations on addresses: products, functions of elements, sums and softmax of rows. */
@NullMarked
package org.peft4j.onednn.internal.operation;

import org.jspecify.annotations.NullMarked;
