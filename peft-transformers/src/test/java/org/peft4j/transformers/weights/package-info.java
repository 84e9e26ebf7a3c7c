@NullMarked
package org.peft4j.transformers.weights;

import org.jspecify.annotations.NullMarked;
