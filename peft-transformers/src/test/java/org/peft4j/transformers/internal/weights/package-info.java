@NullMarked
package org.peft4j.transformers.internal.weights;

import org.jspecify.annotations.NullMarked;
