// What users and files write is shown as it is written, everywhere: no markup, no pictures of another style.

#include "tests/ui/ui_support.h"
#include "ui/frame/question.h"
#include "ui/results/figure_file.h"
#include "ui/results/size_plot.h"
#include "ui/run/stop_button.h"
#include "ui/theme/icons.h"
#include "ui/theme/labels.h"

#include <QDialogButtonBox>
#include <QImage>
#include <QListWidget>
#include <QPushButton>
#include <QSvgRenderer>
#include <QToolTip>

#include <fstream>
#include <sstream>

using namespace diapason;
using namespace diapason::testing;

namespace {

const QString hostile = QStringLiteral("<b>Bold</b> & <img src=\"x\"> %1");

} // namespace

class TestPlainTexts : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void whatUsersWriteIsNoMarkup() {
        WindowUnderTest at;
        QVERIFY(QTest::qWaitForWindowActive(at.window.get(), patience_ms));
        QVERIFY(at.workspace->openDatabase(at.folder() / "<b>Bold<b>.db"));
        Study study = window_study({1}, 1);
        study.title = hostile.toStdString();
        study.question = hostile.toStdString();
        at.workspace->openDesign(study);
        QVERIFY(at.settle());
        QVERIFY(at.workspace->startStudy());
        EVENTUALLY(at.hand->job().key != 0);
        at.hand->send(begun_run(at.hand->job(), 40, 12));
        at.hand->send(state_event(RunState::failed, hostile.toStdString()));
        EVENTUALLY_EQUAL(at.workspace->queue().failed, std::size_t(1));
        Q_EMIT at.workspace->problem(hostile);
        auto* sections = at.find<QListWidget>("sections");
        bool titled = false;
        for (const ui::PageInfo& page : at.window->pages()) {
            at.window->showPage(page.id);
            for (int section = 0; section < sections->count(); ++section) {
                sections->setCurrentRow(section);
                QCoreApplication::processEvents();
                for (const auto* shown : at.window->findChildren<QLabel*>()) {
                    if (!shown->isVisible() || shown->text().isEmpty()) continue;
                    QVERIFY2(shown->textFormat() != Qt::AutoText, qPrintable(page.title + shown->text()));
                    const bool markup = shown->textFormat() == Qt::RichText;
                    QVERIFY2(!markup || !shown->text().contains(QLatin1String("Bold<")), qPrintable(shown->text()));
                    titled = titled || (!markup && shown->text().startsWith(hostile));
                }
                if (page.id != ui::PageId::design) break;
            }
        }
        QVERIFY(titled); // the heading of Results, placeholders included
        at.workspace->cancelAll();
    }

    void toolTipsAndQuestionsArePlain() {
        WindowUnderTest at;
        QVERIFY(QTest::qWaitForWindowActive(at.window.get(), patience_ms));
        QToolTip::showText(at.window->mapToGlobal(QPoint(50, 50)), hostile, at.window.get());
        const QLabel* tip = nullptr;
        for (const QWidget* widget : QApplication::allWidgets()) {
            if (widget->inherits("QTipLabel")) tip = qobject_cast<const QLabel*>(widget);
        }
        QVERIFY(tip != nullptr);
        QCOMPARE(tip->textFormat(), Qt::PlainText);
        QCOMPARE(tip->text(), hostile);
        QToolTip::hideText();
        ui::Question question(hostile, hostile, hostile, QStringLiteral("Do it"), QStringLiteral("Leave it"),
                              at.window.get());
        question.show();
        for (const auto* shown : question.findChildren<QLabel*>())
            QVERIFY2(shown->text().isEmpty() || shown->textFormat() == Qt::PlainText, qPrintable(shown->text()));
        QCOMPARE(question.defaultButton()->text(), QStringLiteral("Leave it"));
        // Long ones end their lines by themselves.
        const QString lines = ui::wrapped(QStringLiteral("word ").repeated(40).trimmed() + QStringLiteral("\nsource"));
        for (const QString& line : lines.split(QLatin1Char('\n')))
            QVERIFY(line.size() <= 72);
        QVERIFY(lines.endsWith(QLatin1String("\nsource")));
    }

    void aButtonShowsTheAmpersandOfAName() {
        QueueEntry entry;
        entry.run = 7;
        entry.arm_label = "Q&A";
        entry.seed = 3;
        entry.state = RunState::running;
        ui::StopButton button;
        button.resize(400, 26);
        button.offer({entry}, 0);
        QCOMPARE(button.text(), QStringLiteral("Stop Q&&A, seed 3"));
        QCOMPARE(button.run(), RowId(7));
        button.resize(110, 26);
        button.offer({entry}, 0);
        QVERIFY(button.text().endsWith(QLatin1String("seed 3")));
        entry.state = RunState::queued;
        button.offer({entry}, 7);
        QCOMPARE(button.run(), RowId(0));
        QVERIFY(!button.isEnabled());
    }

    void dialogsUseTheWindowsIcons() {
        ui::applyTheme(ui::Appearance::light);
        const auto picture = [](const QIcon& icon) { return icon.pixmap(32).toImage(); };
        const QStyle* style = QApplication::style();
        QCOMPARE(picture(style->standardIcon(QStyle::SP_MessageBoxQuestion)),
                 picture(ui::icon(QStringLiteral("question"), ui::Role::accent)));
        QCOMPARE(picture(style->standardIcon(QStyle::SP_MessageBoxCritical)),
                 picture(ui::icon(QStringLiteral("warn"), ui::Role::error)));
        QDialogButtonBox buttons(QDialogButtonBox::Save | QDialogButtonBox::Cancel | QDialogButtonBox::Close);
        for (const QAbstractButton* button : buttons.buttons())
            QVERIFY2(button->icon().isNull(), qPrintable(button->text()));
    }

    // The ending decides, and an ending that means nothing writes nothing.
    void figuresAreWrittenAsTheirEndingsSay() {
        TemporaryFolder folder;
        ResultTable table;
        table.primary_metric = {"test", "", "accuracy"};
        table.metrics = {table.primary_metric};
        ResultRow row;
        row.label = "LoRA";
        row.trained = 32768;
        row.metrics = {estimate({0.5, 0.6, 0.7})};
        table.rows.push_back(row);
        ui::SizePlot plot;
        plot.resize(700, 400);
        plot.setTable(table);
        const auto write = [&](const char* name) {
            return ui::writeFigure(plot, ui::qs((folder / name).string()), folder / "diapason.db");
        };
        QCOMPARE(write("a.svg"), QString());
        QCOMPARE(write("a.SVG"), QString());
        QSvgRenderer svg(ui::qs((folder / "a.svg").string()));
        QVERIFY(svg.isValid());
        QCOMPARE(svg.viewBox(), QRect(QPoint(), plot.size()));
        QVERIFY(content(folder / "a.svg").find("LoRA") != std::string::npos);
        QCOMPARE(write("a.pdf"), QString());
        QCOMPARE(content(folder / "a.pdf").substr(0, 5), std::string("%PDF-"));
        QCOMPARE(write("a.png"), QString());
        QCOMPARE(QImage(ui::qs((folder / "a.png").string())).size(), 2 * plot.size());
        for (const char* name : {"a.bmp", "a"}) {
            const QString wrong = write(name);
            QVERIFY2(wrong.contains(QLatin1String(".svg")) && wrong.contains(QLatin1String(name)), qPrintable(wrong));
            QVERIFY(!std::filesystem::exists(folder / name));
        }
        QVERIFY(!write("absent/a.svg").isEmpty());
    }
};

DIAPASON_TEST(TestPlainTexts)
#include "test_plain_texts.moc"
