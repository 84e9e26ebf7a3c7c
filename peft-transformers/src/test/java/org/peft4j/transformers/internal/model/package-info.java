@NullMarked
package org.peft4j.transformers.internal.model;

import org.jspecify.annotations.NullMarked;
