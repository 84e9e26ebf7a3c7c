@NullMarked
package org.peft4j.transformers.memory;

import org.jspecify.annotations.NullMarked;
