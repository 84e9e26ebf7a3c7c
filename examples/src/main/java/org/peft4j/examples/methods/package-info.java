/** The same fine-tuning by several methods. */
@NullMarked
package org.peft4j.examples.methods;

import org.jspecify.annotations.NullMarked;
