/** How parameters follow their gradients. */
@NullMarked
package org.peft4j.train.optimizer;

import org.jspecify.annotations.NullMarked;
