/** How each sort of Deeplearning4j's own layers is hosted. */
@NullMarked
package org.peft4j.host.stock;

import org.jspecify.annotations.NullMarked;
