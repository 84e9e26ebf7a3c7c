/** What a template may call: the filters, tests, methods and functions of jinja2 and Python. */
@NullMarked
package org.peft4j.chat.internal.function;

import org.jspecify.annotations.NullMarked;
