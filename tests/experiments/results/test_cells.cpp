// Texts of others as cells: in every format a cell, and nothing but text. Where pdflatex is installed, it compiles
// them.

#include "core/base/visible_text.h"
#include "experiments/results/cells.h"
#include "tests/support/test_support.h"

#include <QProcess>
#include <QStandardPaths>

using namespace diapason;
using namespace diapason::testing;

namespace {

const std::vector<std::pair<const char*, std::string>>& hostile_names() {
    static const std::vector<std::pair<const char*, std::string>> names = {
        {"a line break", "good\nbad"},
        {"a blank line", "good\n\nbad"},
        {"carriage return", "a\r\nb"},
        {"line separator", "a\u2028b\u2029c"},
        {"tab", "a\tb"},
        {"NUL", std::string("a\0b", 3)},
        {"escape", "\x1b[31mred\x1b[0m"},
        {"right to left", "\u202eevil\u202c"},
        {"zero width", "a\u200bb\ufeffc"},
        {"invalid UTF-8", "a\xff\xfe"},
        {"latex", R"(\input{/etc/passwd} $x$ #1 50% a_b ^ ~ & {})"},
        {"latex end", "}\\end{tabular}\\write18{touch x}"},
        {"comment", "% all gone"},
        {"bracket", "[3pt] *"},
        {"quotes", "\"double\" 'single' `back`"},
        {"html", "<script>alert(1)</script> &amp;"},
        {"markdown", "| a | **b** [c](http://d) `e` $f$ ~~g~~"},
        {"formula", "=cmd|' /C calc'!A0"},
        {"signs", "± − × · ≤ ≥ → ² … – — “x” ‘y’ < > |"},
        {"Greek", "α, β and Ω"},
        {"accents", "Grüße, Łódź, façade, ĳ"},
        {"Chinese", "你好"},
        {"Arabic", "مرحبا"},
        {"emoji", "🙂"},
        {"combining", "e\u0301"},
        {"empty", ""},
        {"long", std::string(10'000, 'x')}};
    return names;
}

QString document_of(const std::string& cell, const std::string& needs) {
    return QString::fromStdString("\\documentclass{article}\n" + needs +
                                  "\\begin{document}\n\\begin{tabular}{ll}\n{}a & " + cell + " \\\\\n{}" + cell +
                                  " & b \\\\\n\\end{tabular}\n\\end{document}\n");
}

} // namespace

class TestCells : public QObject {
    Q_OBJECT

    void rows() {
        QTest::addColumn<int>("name");
        for (std::size_t i = 0; i < hostile_names().size(); ++i)
            QTest::newRow(hostile_names()[i].first) << int(i);
    }

private Q_SLOTS:
    void staysOneCell_data() { rows(); }
    void staysOneCell() {
        QFETCH(int, name);
        const std::string text = hostile_names()[std::size_t(name)].second;
        LatexNeeds needs = LatexNeeds::nothing;
        const std::string latex = latex_cell(text, needs), markdown = markdown_cell(text), line = visible_line(text);
        for (const std::string* cell : {&latex, &markdown, &line}) {
            for (const char c : *cell)
                QVERIFY(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
        }
        QVERIFY(markdown.find('<') == std::string::npos);
        for (std::size_t i = 0; i < markdown.size(); ++i)
            QVERIFY(markdown[i] != '|' || (i > 0 && markdown[i - 1] == '\\'));
    }

    // RFC 4180: the text comes back to the letter, behind an apostrophe where it would be a formula.
    void csvKeepsTheText_data() { rows(); }
    void csvKeepsTheText() {
        QFETCH(int, name);
        const std::string text = hostile_names()[std::size_t(name)].second;
        std::string cell = csv_cell(text, false);
        if (cell.starts_with('"')) {
            std::string inside;
            for (std::size_t i = 1; i + 1 < cell.size(); ++i) {
                inside += cell[i];
                if (cell[i] == '"') QVERIFY(cell[++i] == '"');
            }
            cell = inside;
        } else {
            QVERIFY(cell.find_first_of(",\"\n\r") == std::string::npos);
        }
        QVERIFY(cell == text || cell == "'" + text);
    }

    void charactersThatPdflatexDoesNotKnowAreSaid() {
        const auto needs_of = [](const char* text) {
            LatexNeeds needs = LatexNeeds::nothing;
            latex_cell(text, needs);
            return needs;
        };
        QVERIFY(needs_of("plain ± α −") == LatexNeeds::nothing);
        QVERIFY(needs_of("Grüße") == LatexNeeds::t1);
        QVERIFY(needs_of("你好") == LatexNeeds::unicode);
        QVERIFY(needs_of("🙂 ü") == LatexNeeds::unicode);
    }

    void pdflatexCompilesThem_data() { rows(); }
    void pdflatexCompilesThem() {
        QFETCH(int, name);
        if (QStandardPaths::findExecutable(QStringLiteral("pdflatex")).isEmpty()) QSKIP("pdflatex is not installed");
        LatexNeeds needs = LatexNeeds::nothing;
        const std::string cell = latex_cell(hostile_names()[std::size_t(name)].second, needs);
        if (needs == LatexNeeds::unicode) return; // said in the file's first line
        TemporaryFolder folder;
        write_text(folder / "t.tex",
                   document_of(cell, needs == LatexNeeds::t1 ? "\\usepackage[T1]{fontenc}\n" : "").toStdString());
        QProcess latex;
        latex.setWorkingDirectory(QString::fromStdString(folder.path().string()));
        latex.start(QStringLiteral("pdflatex"), {QStringLiteral("-no-shell-escape"), QStringLiteral("-halt-on-error"),
                                                 QStringLiteral("-interaction=batchmode"), QStringLiteral("t.tex")});
        QVERIFY(latex.waitForFinished(patience_ms));
        QVERIFY2(latex.exitCode() == 0, cell.substr(0, 500).c_str());
    }
};

DIAPASON_TEST(TestCells)
#include "test_cells.moc"
