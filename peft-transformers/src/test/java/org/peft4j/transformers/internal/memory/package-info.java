@NullMarked
package org.peft4j.transformers.internal.memory;

import org.jspecify.annotations.NullMarked;
