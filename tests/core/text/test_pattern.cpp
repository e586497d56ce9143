// Patterns of tokenizer files: what they find, what they refuse, and that none of them runs without end.

#include "core/text/pattern.h"
#include "core/text/unicode.h"
#include "tests/support/test_support.h"

#include <random>

using namespace diapason;
using namespace diapason::testing;

namespace {

QString found(const std::string& expression, const std::string& text) {
    const std::u32string characters = decode_utf8(text);
    QStringList list;
    for (const Span match : Pattern::regex(expression, "file", "field").matches(characters))
        list << QString::fromStdString(encode_utf8(std::u32string_view(characters).substr(match.begin, match.size())));
    return list.join(QLatin1Char('|'));
}

} // namespace

class TestPattern : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void finds_data() {
        QTest::addColumn<QString>("expression");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("matches");
        const auto row = [](const char* name, const char* expression, const char* text, const char* matches) {
            QTest::newRow(name) << QString::fromUtf8(expression) << QString::fromUtf8(text)
                                << QString::fromUtf8(matches);
        };
        row("literal", "ab", "abcab", "ab|ab");
        row("first alternative wins", "a|ab", "ab", "a");
        row("alternative after a failure", "(ab|a)(c|bcd)?", "abcd", "abc");
        row("greedy gives back", "a+ab", "aaab", "aaab");
        row("lazy", "a+?", "aaa", "a|a|a");
        row("lazy grows", "a+?b", "aab", "aab");
        row("possessive gives nothing back", "a++a", "aaa", "");
        row("atomic", "(?>a|ab)c", "abc", "");
        row("counts", "\\p{N}{1,3}", "1234567", "123|456|7");
        row("exact count", "(?:ab){2}", "ababab", "abab");
        row("open count", "a{2,}", "a aa aaaa", "aa|aaaa");
        row("up to", "xa{,2}", "xaaa", "xaa");
        row("a brace that counts nothing", "a{b", "a{b", "a{b");
        row("class", "[^\\s\\d]+", "ab 12 cd", "ab|cd");
        row("class with properties", "[\\p{Lu}\\p{Nd}_]+", "aB_1é", "B_1");
        row("range and hyphen", "[a-c-]+", "ab-d", "ab-");
        row("class in a class", "[a[0-9]]+", "a1b", "a1");
        row("intersection", "[a-z&&[^aeiou]]+", "hello", "h|ll");
        row("POSIX class", "[[:punct:]]+", "a+b!?", "+|!?");
        row("negated property", "\\P{L}+", "ab12é", "12");
        row("hexadecimal", "\\x41\\x{1F600}\\u00E9", "A😀é", "A😀é");
        row("script", "\\p{Han}+", "a東京b", "東京");
        row("ignoring case", "(?i:'s|'LL)", "'S 'll 'ſ", "'S|'ll|'ſ");
        row("case only inside", "(?i:a)b", "Ab AB", "Ab");
        row("option to the end of the group", "(?i)ab", "AB", "AB");
        row("lookahead", "\\s+(?!\\S)", "a   b", "  ");
        row("positive lookahead", "a(?=b)", "ab ac", "a");
        row("lookbehind", "(?<=a)b", "ab b", "b");
        row("negative lookbehind", "(?<!a)b", "ab b", "b");
        row("anchors of lines", "^a$", "a\nb\na", "a|a");
        row("anchors of the text", "\\Aa", "aa", "a");
        row("word edge", "\\bc\\w+", "cat ocat cow", "cat|cow");
        row("dot stops at line ends", "a.+", "ab\ncd", "ab");
        row("comment", "a(?#what)b", "ab", "ab");
        row("named group", "(?<x>a)b", "ab", "ab");
        row("loops over nothing end", "(?:a*)*b", "aab", "aab");
        row("Llama 3's", "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+", "a \n\n  b", " \n\n| | ");
    }
    void finds() {
        QFETCH(QString, expression);
        QFETCH(QString, text);
        QFETCH(QString, matches);
        QCOMPARE(found(expression.toStdString(), text.toStdString()), matches);
    }

    void emptyMatches() {
        const auto spans = Pattern::regex("x*", "file", "field").matches(U"axb");
        const std::vector<Span> expected = {{0, 0}, {1, 2}, {3, 3}};
        QVERIFY(spans == expected);
    }

    void refusesWhatItCannotDo_data() {
        QTest::addColumn<QString>("expression");
        for (const char* text :
             {"(a", "a)", "*a", "[a", "\\1", "(a)\\k<a>", "\\p{Nothing}", "a{3,2}", "a{1001}", "\\x{110000}",
              "(?<=a+)b", "(?(1)a|b)", "[b-a]", "\\", "((((a{999}){999}){999}){999})"})
            QTest::newRow(text) << QString::fromUtf8(text);
        QTest::newRow("too long") << QString(4097, QLatin1Char('a'));
        QTest::newRow("too deep") << QString(500, QLatin1Char('(')) + QString(500, QLatin1Char(')'));
    }
    void refusesWhatItCannotDo() {
        QFETCH(QString, expression);
        const Caught error = caught([&] { Pattern::regex(expression.toStdString(), "some/file", "pattern.Regex"); });
        QVERIFY(error.thrown);
        QVERIFY2(error.says("some/file") && error.says("pattern.Regex"), error.message.c_str());
    }

    // The classics of catastrophic backtracking: an error after a bounded number of steps.
    void neverRunsWithoutEnd_data() {
        QTest::addColumn<QString>("expression");
        for (const char* text :
             {"(a+)+b", "(a|a)*b", "(a*)*b", "(a|aa)+$b", "(?:a?){30}a{30}b", "((a+)+)+b", "(?=(a+)+b)a"})
            QTest::newRow(text) << QString::fromUtf8(text);
    }
    void neverRunsWithoutEnd() {
        QFETCH(QString, expression);
        const Pattern pattern = Pattern::regex(expression.toStdString(), "file", "field");
        const std::u32string text(3000, U'a');
        const Caught error = caught([&] { pattern.matches(text); });
        QVERIFY(error.thrown);
        QVERIFY2(error.says("steps"), error.message.c_str());
    }

    void nestedEmptyLoopsCompileAtOnce() {
        std::string expression = "x";
        for (int i = 0; i < 20; ++i)
            expression = "(?:(?:){1000}" + expression + "){1,1}";
        QCOMPARE(Pattern::regex(expression, "file", "field").matches(U"axa").size(), std::size_t(1));
    }

    // Against a matcher that knows the same pattern by heart.
    void findsAsASplitByHandDoes() {
        std::mt19937 random(7);
        const std::u32string alphabet = U"ab1 \n\u00E9\u4E2D!";
        const Pattern pattern = Pattern::regex(" ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+", "f", "f");
        for (int round = 0; round < 300; ++round) {
            std::u32string text;
            for (std::size_t i = random() % 20; i > 0; --i)
                text += alphabet[random() % alphabet.size()];
            std::uint32_t at = 0;
            for (const Span match : pattern.matches(text)) {
                QCOMPARE(match.begin, at); // every character belongs to a match
                at = match.end;
                const auto kind = [](char32_t c) {
                    return is_letter(c) ? 0 : is_number(c) ? 1 : is_white_space(c) ? 2 : 3;
                };
                const std::uint32_t body =
                    text[match.begin] == U' ' && match.size() > 1 ? match.begin + 1 : match.begin;
                for (std::uint32_t i = body; i < match.end; ++i)
                    QCOMPARE(kind(text[i]), kind(text[body]));
            }
            QCOMPARE(at, static_cast<std::uint32_t>(text.size()));
        }
    }
};

DIAPASON_TEST(TestPattern)
#include "test_pattern.moc"
