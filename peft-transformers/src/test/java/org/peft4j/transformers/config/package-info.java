/** Tests. */
@NullMarked
package org.peft4j.transformers.config;

import org.jspecify.annotations.NullMarked;
