"""Conversations as transformers' apply_chat_template writes them, with templates of our own in the published layouts, and single
constructs of the language. Writes peft-chat/src/test/resources/chat/rendered.json and constructs.json."""
import copy
import datetime
import json
from pathlib import Path

import transformers.utils.chat_template_utils as utils

FOLDER = Path(__file__).parent.parent / "peft-chat/src/test/resources/chat"
TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}


class Then(datetime.datetime):
    """The clock of the tests."""

    @classmethod
    def now(cls, tz=None):
        return cls(2024, 7, 6, 9, 5, 3)


utils.datetime = Then

WEATHER = {"type": "function", "function": {
    "name": "weather", "description": "The <weather> & \"wind\" of a city", "parameters": {
        "type": "object", "required": ["city"], "properties": {
            "city": {"type": "string", "description": "It's the café's"}, "days": {"type": "integer", "default": None},
            "unit": {"type": "string", "enum": ["c", "f"]}}}, "return": {"type": "number"}}}
CLOCK = {"type": "function", "function": {"name": "clock", "description": "", "parameters": {"type": "object", "properties": {}}}}
CALL = {"type": "function", "id": "a1b2c3d4e", "function": {
    "name": "weather", "arguments": {"city": "Zürich", "days": 2, "least": -1.5, "of": [1, None, True], "note": "it's\n\"so\""}}}
OTHER = {"type": "function", "id": "z9y8x7w6v", "function": {"name": "clock", "arguments": {}}}


def says(role, content, **more):
    return {"role": role, "content": content, **more}


CONVERSATIONS = {
    "one": {"messages": [says("user", "Where is the sun?")]},
    "two": {"messages": [says("user", "Hi"), says("assistant", "Hello!")]},
    "system": {"messages": [says("system", " Be terse.\n"), says("user", "  What's <b>1+1</b>?\n\n"), says("assistant", "\n 2 \t"),
                            says("user", "日本語 😀 ünïcode\u00a0\u2003"), says("assistant", "“so” \\n {{ x }} {% y %} {# z #}")]},
    "empty": {"messages": [says("system", ""), says("user", ""), says("assistant", "")]},
    "tools": {"messages": [says("system", "Sys"), says("user", "Weather?"), says("assistant", "", tool_calls=[CALL]),
                           says("tool", "{\"t\": 21}", name="weather", tool_call_id="a1b2c3d4e"), says("assistant", "21 °C"),
                           says("user", "thanks")], "tools": [WEATHER, CLOCK]},
    "calls": {"messages": [says("user", "Both?"), says("assistant", None, tool_calls=[CALL, OTHER]),
                           says("tool", "21", tool_call_id="a1b2c3d4e"), says("tool", "noon", tool_call_id="z9y8x7w6v"),
                           says("assistant", "done")], "tools": [WEATHER]},
    "apart": {"messages": [says("user", " Weather? "), {"role": "assistant", "tool_calls": [CALL]}], "tools": [CLOCK],
              "tools_in_user_message": False},
    "thinking": {"messages": [says("user", "a"), says("assistant", "<think>\nhmm\n</think>\n\nanswer"), says("user", "b"),
                              says("assistant", "c", reasoning_content="why\n"), says("user", "d"),
                              says("assistant", "\n</think>\n e")]},
    "silent": {"messages": [says("user", "a")], "enable_thinking": False},
    "spoken": {"messages": [says("system", "s"), says("user", "a")], "enable_thinking": True, "date_string": "1 May 1999"},
    "first": {"messages": [says("assistant", "x"), says("user", "a")]},
    "twice": {"messages": [says("user", "x"), says("user", "a")]},
    "parts": {"messages": [says("user", "x"), says("tool", {"content": ["p", 1]}, tool_call_id="q")]},
}

M = CONVERSATIONS["system"]["messages"]
T = CONVERSATIONS["calls"]["messages"]
D = {"z": 1, "a": {"b": [1.5, None, True, "it's"]}, "items": 3, "É": "ü\u2028\u007f\u00ad"}
CONSTRUCTS = [
    "{{ m[0].content.strip() }}|{{ m[0]['content'].lstrip() }}|{{ ' x '.rstrip() }}|{{ 'xyaxy'.strip('yx') }}|{{ ''.strip() }}",
    "{{ m[-1].role }} {{ m[::-1][1].role }} {{ 'äbcd😀'[::-1] }} {{ 'abcdef'[1:-1] }} {{ 'abc'[5:] }} {{ m[1:3]|length }} {{ 'abcdef'[::2] }} {{ 'abcdef'[-2::-2] }} {{ '😀b'[1] }}|{{ 'ab'[7] }}|{{ [1, 2][-1] }}",
    "{% set ns = namespace(a=1, found=false) %}{% for x in m %}{% set ns.a = ns.a + 1 %}{% set lost = 1 %}{% endfor %}{{ ns.a }} {{ ns.found }}{{ lost }}",
    "{{ d|tojson }}\n{{ d|tojson(indent=2) }}\n{{ t[1].tool_calls|tojson(indent=4) }}{{ []|tojson }}{{ {}|tojson(indent=1) }}{{ d|tojson(sort_keys=true, separators=(',', ':')) }}{{ 'é😀'|tojson(ensure_ascii=true) }}",
    "{{ d }} {{ none }} {{ true }} {{ 1.0 }} {{ [1, 'a', None] }} {{ (1,) }} {{ () }} {{ 'a', 2 }} {{ d['items'] }} {{ d.items() }} {{ d.keys() }} {{ d.values()|list }}",
    "{{ 1e16 }} {{ 1e15 }} {{ 0.0001 }} {{ 0.00001 }} {{ 1/3 }} {{ -2.5e-7 }} {{ 123456789.125 }} {{ 2.0 ** 0.5 }} {{ 10_000 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7.5 % -2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 1 / 2 }} {{ +3 }} {{ -(-3) }} {{ -2 ** 2 }}",
    "{% for x in m %}{% if x.content is string %}s{% elif x.content is none %}n{% endif %}{% if x.tool_calls is defined %}d{% endif %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.previtem is defined }}{{ (loop.nextitem or {}).role }} {{ loop.cycle('p', 'q') }}{{ loop.changed(x.role) }}{% endfor %}",
    "{% macro f(x, y='d', z=x) %}[{{ x }}{{ y }}{{ z }}{{ caller() if caller else '' }}]{% endmacro %}{{ f(1) }}{{ f('a', y=2) }}{{ f(x=3) }}{{ f() }}{% call f(1) %}in{% endcall %}{% macro g() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ g(1, 2, k=3) }}{{ f.name }}",
    "{% macro tree(n) %}{{ n.v }}{% if n.c %}({% for k in n.c %}{{ tree(k) }}{{ ',' if not loop.last }}{% endfor %}){% endif %}{% endmacro %}{{ tree({'v': 1, 'c': [{'v': 2}, {'v': 3, 'c': [{'v': 4}]}]}) }}{% for i in [{'v': 1, 'c': [{'v': 2}]}] recursive %}{{ i.v }}{{ loop.depth }}{{ loop(i.c) if i.c }}{% endfor %}",
    "{% for k, v in d.items() %}{{ k }}={{ v }},{% endfor %}{{ d.get('q', 'r') }}{{ d.get('z') }}{{ d.get('q') }}{% for k in d %}{{ k }}{% endfor %}{{ d|dictsort }}{{ d|items|list|length }}{% for k, v in d|dictsort(reverse=true) %}{{ k }}{% endfor %}",
    "{{ 'a b  c'.split(' ') }}{{ ' a b  c '.split() }}{{ 'a.b.c'.split('.', 1) }}{{ 'a.b.c'.rsplit('.', 1) }}{{ 'a b c'.rsplit(None, 1) }}{{ 'x</think>y'.split('</think>')[-1] }}{{ 'a\\nb\\r\\nc\\n'.splitlines() }}{{ 'a=b=c'.partition('=') }}{{ 'a=b=c'.rpartition('=') }}",
    "{{ 'a' ~ 1 ~ true ~ none ~ 1.5 ~ [1] ~ nothing }} {{ 'a' + 'b' }} {{ [1] + [2] }} {{ (1,) + (2,) }} {{ 'ab' * 3 }} {{ [0] * 2 }} {{ 'a' 'b' }}",
    "{{ nothing }}|{{ d.nothing }}|{{ d.nothing is defined }}|{{ nothing is none }}|{{ nothing or 'o' }}|{{ nothing == other }}|{{ nothing|length }}|{% for x in nothing %}{% else %}e{% endfor %}|{{ 'a' in nothing }}|{{ nothing|default('d') }}|{{ ''|default('d', true) }}|{{ none|d('d') }}|{{ m[9] is defined }}",
    "{% for i in range(9) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}{% endif %}{{ i }}{% endfor %}{{ range(3) }}{{ range(1, 9, 3)|list }}{{ range(5, 0, -2)|list }}{{ range(4)[-1] }}",
    "{{ 'a' if e else 'b' }}|{{ 'a' if e }}|{{ not e and 1 }}|{{ e or 'x' }}|{{ 1 and 0 or 2 }}|{{ 'p' if 0 else 'q' if 0 else 'r' }}|{{ (1 if e else 2) + 3 }}",
    "{{ 'user' in ['user', 'b'] }}{{ 'us' in 'user' }}{{ 'z' in d }}{{ 'k' not in d }}{{ 1 in [1.0] }}{{ 1 < 2 < 3 }}{{ 1 < 3 < 2 }}{{ 'a' < 'b' }}{{ [1, 2] < [1, 3] }}{{ 1 == 1.0 }}{{ '1' == 1 }}{{ true == 1 }}{{ [1] == (1,) }}{{ d == d }}{{ none == false }}{{ not 1 == 2 }}{{ '\\ue000' < '😀' }}",
    "  {% if true %}\n    a\n  {% endif %}\nb\n  {# c #}\nd  {# e #}  \n\t{%+ if true %}\n f\n  {%- endif +%}\n g {%- if true -%} \n h {% endif %}\n\n",
    "{%- for x in m -%}\n  {{- '<|' + x.role + '|>\n' -}}\n  {{ x.content }}\n{%- endfor -%}\n end\n",
    "a\r\nb{% if true %}\r\nc{% endif %}\r\n{% raw %}{{ x }} {% y %}{% endraw %}\nd{%- raw -%}  {{ z }}  {%- endraw -%}  e",
    "{{ m|selectattr('role', 'equalto', 'user')|list|length }} {{ m|map(attribute='role')|join(', ') }} {{ m|rejectattr('role', 'in', ['user'])|map(attribute='role')|list }} {{ [1, 0, none, 'x']|select|list }} {{ [1, 2, 3]|reject('odd')|list }} {{ ['a', 'b']|map('upper')|join }} {{ [{'a': {'b': 4}}, {}]|map(attribute='a.b', default=5)|list }} {{ 'yes' if m|selectattr('role', 'equalto', 'nobody') else 'no' }}",
    "{{ 'hello wORLD it\\'s 3d'.title() }}|{{ \"they're o-k\"|title }}|{{ 'Ab'.upper() }}|{{ 'ÀB'.lower() }}|{{ 'x'.startswith('x') }}|{{ 'abc'.endswith(('b', 'c')) }}|{{ 'aXaXa'.replace('a', 'b', 2) }}|{{ 'ab'.replace('', '-') }}|{{ 'aB cD'|capitalize }}|{{ 'aB'.capitalize() }}|{{ 'straße'|upper }}|{{ 'abcb'.find('b') }}{{ 'abcb'.rfind('b') }}{{ 'a'.find('z') }}|{{ 'a-b'.replace('-', ' ') }}|{{ 'a,b'.count(',') }}|{{ ', '.join(['x', 'y']) }}|{{ 'ab'.isdigit() }}{{ '12'.isdigit() }}{{ 'aB'.islower() }}{{ 'ab1'.isalnum() }}|{{ 'prefix'.removeprefix('pre') }}|{{ 'abc'.index('c') }}",
    "{% set x %}block {{ 1 }}{% set in_it = 2 %}{% endset %}{{ x|trim }}|{{ x|length }}|{{ in_it }}|{% set y | upper %}abc{% endset %}{{ y }}|{% filter trim %}  q {% endfilter %}|{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a }}",
    "{% for a in [1, 2, 3] if a != 2 %}{{ a }}{{ loop.last }}{% else %}e{% endfor %}{% for a in [] %}{% else %}e{% endfor %}{% for a, b in [[1, 2], (3, 4)] %}{{ a * b }}{% endfor %}{% for c in 'aé😀' %}{{ c }},{% endfor %}",
    "{{ {} is mapping }}{{ [] is iterable }}{{ '' is iterable }}{{ 1 is iterable }}{{ 1 is number }}{{ true is number }}{{ nothing is undefined }}{{ d is sequence }}{{ true is boolean }}{{ 1 is integer }}{{ true is integer }}{{ 1.5 is float }}{{ 4 is divisibleby 2 }}{{ 3 is odd }}{{ 3 is even }}{{ 1 is eq 1 }}{{ 1 is ne 1 }}{{ 2 is gt 1 }}{{ 'a' is in ['a'] }}{{ none is none }}{{ 'a' is not none }}{{ true is true }}{{ 1 is true }}{{ 'ab' is lower }}{{ 'AB' is upper }}{{ f is callable }}{{ range is callable }}{{ none is sameas none }}{{ 1 is lt(2) and 3 is ge 3 }}",
    "{{ '%s-%d-%05.2f-%r-%%' | format('a', 3, 2.5, 'q') }} {{ '%s' % 'x' }} {{ '%s %s' % (1, 'b') }} {{ '%(k)s' % {'k': 4} }} {{ 'a{}{}'.format(1, 'b') }} {{ '{0}{x:>4}{1:.2f}{{}}'.format('p', 2.345, x='y') }} {{ '%-4s|%4s' % ('a', 'b') }}",
    "{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set d2 = {'x': {'y': [1, {'z': 2}]}} %}{{ d2.x.y[1].z }}{{ d2['x']['y'][0] }}{% set s = 'x' %}{% for i in [1] %}{{ s }}{% set s = 'y' %}{{ s }}{% endfor %}{{ s }}{% if true %}{% set s = 'z' %}{% endif %}{{ s }}",
    "{{ '\\u2581é\\n\\t\\x41\\\\' }}{{ \"a'b\" }}{{ 'a\\'b' }}{{ 'a\\qb' }}{{ ['\\n', \"it's\", 'q\"', '\\'\"', '\\x00\\u200b\\u00a0é😀'] }}",
    "{% generation %}x{% generation %}y{% endgeneration %}{% endgeneration %}z😀{% generation %}{% for i in [1, 2] %}{{ i }}{% endfor %}{% endgeneration %}",
    "{{ (m|last).role }}{{ m|first == m[0] }}{{ [3, 1, 2]|sort }}{{ ['b', 'A', 'c']|sort }}{{ ['b', 'A']|sort(case_sensitive=true) }}{{ m|sort(attribute='role')|map(attribute='role')|join(',') }}{{ ['a', 'b']|reverse|list }}{{ 'abc'|reverse }}{{ [1, 1, 2]|unique|list }}{{ [1, 5, 2]|max }}{{ ['b', 'A']|min }}{{ [1, 2.5]|sum }}{{ [1, 2, 3]|batch(2)|list }}{{ [1, 2, 3]|batch(2, 0)|list }}{% for g, l in m|groupby('role') %}{{ g }}{{ l|length }}{% endfor %}{{ 'ba'|list }}",
    "{{ 5|string + 'a' }}{{ '5'|int + 1 }}{{ 'x'|int(7) }}{{ 3.9|int }}{{ '1.5'|float }}{{ 2.5|round }}{{ 3.14159|round(2) }}{{ 2.1|round(method='ceil') }}{{ -3|abs }}{{ 'a\\nb\\n\\nc'|indent(2) }}{{ 'a\\nb'|indent(width='>', first=true) }}{{ 'a'|center(5) }}|{{ 'a b'|wordcount }}{{ [1, [2]]|string }}{{ '<a>'|safe }}{{ '<a & \"b\">'|escape }}{{ 'xax'|trim('x') }}{{ 'aXa'|replace('a', 'b') }}{{ d|length }}",
    "{{ strftime_now('%d %b %Y|%Y-%m-%d|%B %A %a %H:%M:%S|%-d %y %j %I %p') }}",
    "{{ joined }}{% set joined = 'x' %}{{ joined }}{{ 1.5.__class__ }}{{ ''.__class__ }}{{ d.__init__ }}{{ d.pop }}{{ m.append }}{{ ''.mro }}",
    "{{ 'a' is string }}{{ d.a.b[3] is string }}{{ {'a': 1, 'b': {'c': 2}}|length }}{{ {'k': 1}.k }}{{ [{'k': 2}][0].k }}{{ ('x', 'y')[1] }}{{ 'abc'[0]|upper }}{{ d.a['b'][0] + 1 }}{{ m[0]['role'][0] }}{{ 1 if not '' else 2 }}{{ [1, 2, 3,] }}{{ {'a': 1,} }}",
    "{{ 7|round }}{{ true|round }}{{ 1234|round(1) }}{{ 7|round(method='floor') }}{{ 3.5 is divisibleby 2 }}{{ 4.0 is even }}{{ 'a-b c_d é'|wordcount }}{{ 'x' % [1] }}{{ 0|select|list }}{{ none|map('upper')|list }}{{ 'aB'.swapcase() }}{{ '-7'.zfill(4) }}{{ 'a'.center(4, '*') }}{{ 'ab'.center(5) }}|{{ 'ab'.center(7) }}|{{ 'abc'.center(6) }}|{{ '' in d }}{{ 1 is eq 1 and 2 is not eq 1 }}",
    # What is refused: jinja2 raises an error too.
    "{{ nothing.foo }}", "{{ raise_exception('no') }}", "{{ 'a' + 1 }}", "{{ nothing + 'a' }}", "{{ none.strip() }}", "{{ m.append(1) }}",
    "{{ 1 / 0 }}", "{{ 1 < 'a' }}", "{{ d.pop('z') }}", "{{ m|map(attribute='role')|length }}", "{{ x is nonsense }}", "{{ x|nonsense }}",
    "{% for a, b in [[1]] %}{% endfor %}", "{% set d.x = 1 %}", "{% if true %}", "{{ 'a }}", "{{ 1 + }}", "{% endif %}", "{% break %}", "{{ a b }}",
    "{% include 'x' %}", "{{ ''.join([1]) }}", "{{ [1][nothing.x] }}", "{{ 'a'.split('') }}", "{{ 5() }}", "{% nonsense %}", "{{ 1 in 1 }}",
    "{{ range(9999999) }}", "{{ {[]: 1} }}", "{# never ends", "{{ namespace|tojson }}", "{% for x in 5 %}{% endfor %}", "{{ (1 }}", "{{ nothing() }}",
    "{{ nothing|int }}", "{{ m|indent }}", "{{ 1 is string(2) }}", "{{ m in d }}", "{{ m is defined if m }}", "{{ m[none:'a'] }}", "{{ d[1:] }}",
]


def rendered(template, values):
    values = copy.deepcopy(values)  # "indent" of a list changes it
    try:
        compiled = utils._compile_jinja_template(template)
        text, marks = utils._render_with_assistant_indices(
            compiled, values.pop("messages", None), values.pop("tools", None), values.pop("documents", None),
            values.pop("add_generation_prompt", False), **values)
    except Exception as e:
        return {"error": f"{type(e).__name__}: {e}"}
    return {"text": text, "generated": [[len(text[:i].encode("utf-16-le")) // 2 for i in pair] for pair in marks]}


def main():
    cases = []
    for file in sorted((FOLDER / "templates").glob("*.jinja")):
        template = file.read_text(encoding="utf-8")
        for name, values in CONVERSATIONS.items():
            for prompt in (False, True):
                result = rendered(template, {**TOKENS, **values, "add_generation_prompt": prompt})
                cases.append({"template": file.stem, "conversation": name, "prompt": prompt, **result})
    write("rendered.json", {"tokens": TOKENS, "conversations": CONVERSATIONS, "cases": cases})
    values = {"m": M, "t": T, "d": D, "e": ""}
    write("constructs.json", {"values": values, "cases": [{"template": t, **rendered(t, values)} for t in CONSTRUCTS]})


def write(name, value):
    (FOLDER / name).write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


main()
