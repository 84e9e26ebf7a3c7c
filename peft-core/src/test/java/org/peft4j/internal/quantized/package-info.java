@NullMarked
package org.peft4j.internal.quantized;

import org.jspecify.annotations.NullMarked;
