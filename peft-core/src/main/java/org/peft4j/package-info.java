/** Parameter-efficient fine-tuning for Deeplearning4j: the entry points. */
@NullMarked
package org.peft4j;

import org.jspecify.annotations.NullMarked;
