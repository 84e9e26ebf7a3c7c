@NullMarked
package org.peft4j.transformers.internal.input;

import org.jspecify.annotations.NullMarked;
