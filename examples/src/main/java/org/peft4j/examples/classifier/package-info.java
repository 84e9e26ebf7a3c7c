/** A plain Deeplearning4j classifier, adapted with LoRA and merged. */
@NullMarked
package org.peft4j.examples.classifier;

import org.jspecify.annotations.NullMarked;
