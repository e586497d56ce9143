// Every page in light and dark, large and small: nothing is cut off. With DIAPASON_SCREENSHOTS=FOLDER each is written
// as a PNG; DIAPASON_SCREENSHOTS_DB=FILE then takes its finished study from that database instead of a scripted one.

#include "core/library/import.h"
#include "tests/support/failing_disk.h"
#include "tests/support/tiny_backbone.h"
#include "tests/ui/ui_support.h"
#include "ui/backbones/backbones_page.h"
#include "ui/design/budget_dialog.h"
#include "ui/design/data_dialog.h"
#include "ui/design/task_dialog.h"
#include "ui/results/results_page.h"
#include "ui/run/run_page.h"
#include "ui/shell/action_finder.h"

#include <QAbstractButton>
#include <QDialog>
#include <QDir>
#include <QInputDialog>
#include <QListWidget>

using namespace diapason;
using namespace diapason::testing;

namespace {

const QSize sizes[] = {{1440, 900}, {1000, 640}};

/// Buttons and one-line labels that are narrower than their text.
QStringList cutOff(const QWidget& window) {
    QStringList found;
    for (const auto* button : window.findChildren<QAbstractButton*>()) {
        if (button->isVisible() && !button->text().isEmpty() && button->width() < button->sizeHint().width() - 1)
            found.append(QStringLiteral("button \"%1\": %2 of %3 px")
                             .arg(button->text())
                             .arg(button->width())
                             .arg(button->sizeHint().width()));
    }
    for (const auto* label : window.findChildren<QLabel*>()) {
        if (!label->isVisible() || label->text().isEmpty()) continue;
        const QSize wanted = label->wordWrap() ? QSize(0, label->heightForWidth(label->width())) : label->sizeHint();
        if (label->width() < wanted.width() - 1 || label->height() < wanted.height() - 1)
            found.append(QStringLiteral("label \"%1\": %2×%3 of %4×%5 px")
                             .arg(label->text())
                             .arg(label->width())
                             .arg(label->height())
                             .arg(wanted.width())
                             .arg(wanted.height()));
    }
    return found;
}

// Layouts done and plots drawn: their headings ask for a layout again.
bool settled(const QWidget& window) {
    QCoreApplication::processEvents();
    const auto plots = window.findChildren<ui::CurvePlot*>();
    return std::all_of(plots.begin(), plots.end(), [](const auto* plot) { return plot->upToDate(); });
}

} // namespace

class TestPictures : public QObject {
    Q_OBJECT

    QString m_look;

    void look(WindowUnderTest& at, const QString& name, QWidget* shown = nullptr) {
        for (const QSize size : sizes) {
            at.window->resize(size);
            QWidget* target = shown != nullptr ? shown : at.window.get();
            EVENTUALLY(settled(*at.window));
            const QStringList wrong = cutOff(*target);
            const QString where = QStringLiteral("%1, %2, %3 wide").arg(name, m_look).arg(size.width());
            if (const QByteArray folder = qgetenv("DIAPASON_SCREENSHOTS"); !folder.isEmpty()) {
                QDir().mkpath(QString::fromLocal8Bit(folder));
                const QString file = QStringLiteral("%1/%2-%3-%4.png")
                                         .arg(QString::fromLocal8Bit(folder), name, m_look)
                                         .arg(size.width());
                QVERIFY2(target->grab().save(file), qPrintable(file));
                if (!wrong.isEmpty()) qInfo().noquote() << where << wrong.join(QStringLiteral("; "));
            } else {
                QVERIFY2(wrong.isEmpty(), qPrintable(where + QStringLiteral(": ") + wrong.join(QStringLiteral("; "))));
            }
            QVERIFY2(at.window->width() <= size.width() && at.window->height() <= size.height(), qPrintable(where));
        }
    }

    void lookAtBackbones(WindowUnderTest& at) {
        at.window->showPage(ui::PageId::backbones);
        auto* table = at.find<QTableWidget>("backbones");
        auto* facts = at.find<QTreeWidget>("backboneFacts");
        EVENTUALLY(table->rowCount() == 2 && facts->topLevelItemCount() > 0);
        look(at, QStringLiteral("backbones-embedded"));
        import_backbone(tiny_backbone(at.folder() / "all-tiny-l2-v2"), {}, [](const auto&) { return Json::object(); },
                        {});
        at.window->showPage(ui::PageId::backbones);
        EVENTUALLY_EQUAL(table->rowCount(), 3);
        table->setCurrentCell(2, 0);
        EVENTUALLY(facts->topLevelItemCount() == 5);
        at.find<QAbstractButton>("removeBackbone")->click();
        look(at, QStringLiteral("backbones-remove"));
        at.find<QAbstractButton>("keepBackbone")->click();
        auto* page = at.window->page<ui::BackbonesPage>();
        QTimer::singleShot(0, page, [&] {
            auto* dialog = page->findChild<QInputDialog*>(QStringLiteral("importName"));
            QVERIFY(dialog != nullptr);
            look(at, QStringLiteral("backbones-name"), dialog);
            dialog->reject();
        });
        page->importFrom(ui::qs((at.folder() / "all-tiny-l2-v2").string()));
        tiny_backbone(at.folder() / "broken");
        std::filesystem::remove(at.folder() / "broken" / "model.safetensors");
        page->importFrom(ui::qs((at.folder() / "broken").string()));
        EVENTUALLY(at.find<QLabel>("backboneMessage")->isVisible());
        look(at, QStringLiteral("backbones-error"));
    }

    // A good design, one with every method, and a wrong one.
    void lookAtDesign(WindowUnderTest& at) {
        at.window->showPage(ui::PageId::design);
        look(at, QStringLiteral("design-empty"));
        at.workspace->openDesign(sample_study("first-look"));
        QVERIFY(at.settle());
        auto* sections = at.find<QListWidget>("sections");
        QVERIFY(sections != nullptr);
        for (int section = 0; section < sections->count(); ++section) {
            sections->setCurrentRow(section);
            look(at, QStringLiteral("design-%1").arg(section + 1));
        }
        // A method with presets, and every kind of glyph.
        at.workspace->openDesign(sample_study("all-methods"));
        QVERIFY(at.settle());
        sections->setCurrentRow(2);
        if (auto* methods = at.find<QListWidget>("methods")) methods->setCurrentRow(11);
        look(at, QStringLiteral("design-all"));
        {
            ui::BudgetDialog budget(at.workspace->plan(), at.window.get());
            budget.show();
            look(at, QStringLiteral("design-budget"), &budget);
        }
        Study wrong = sample_study("first-look");
        wrong.seeds = {1, 1};
        wrong.methods.back().options["targets"] = "encoder.*.self_attn.zz";
        wrong.training["steps"] = -3;
        at.workspace->openDesign(wrong);
        QVERIFY(at.settle());
        sections->setCurrentRow(2);
        if (auto* methods = at.find<QListWidget>("methods")) methods->setCurrentRow(3);
        look(at, QStringLiteral("design-wrong-methods"));
        sections->setCurrentRow(3);
        look(at, QStringLiteral("design-wrong-training"));
        sections->setCurrentRow(4);
        look(at, QStringLiteral("design-wrong-preflight"));
        lookAtData(at);
        lookAtTask(at);
        lookAtWrongRows(at);
    }

    // The design is good, its data is not.
    void lookAtWrongRows(WindowUnderTest& at) {
        std::string rows = "sentence\tlabel\n";
        for (int i = 0; i < 90; ++i)
            rows += "Package " + std::to_string(i) + (i % 4 == 0 ? "\tneither\n" : i % 2 == 0 ? "\tgood\n" : "\tbad\n");
        write_text(at.folder() / "reviews.tsv", rows);
        write_text(at.folder() / "reviews.json",
                   Json{{"format", "diapason-task"},
                        {"version", 1},
                        {"reader", "tsv"},
                        {"data", {{"train", "reviews.tsv"}, {"validation", "reviews.tsv"}, {"test", "reviews.tsv"}}},
                        {"columns", {{"text", "sentence"}, {"label", "label"}}},
                        {"labels", {"good", "bad"}}}
                       .dump());
        Study study = sample_study("first-look");
        study.task = (at.folder() / "reviews.json").string();
        at.workspace->openDesign(study);
        QVERIFY(at.settle());
        look(at, QStringLiteral("design-wrong-rows"));
    }

    // A file of the user's own as it is recognised, and one with a bad row.
    void lookAtData(WindowUnderTest& at) {
        std::string reviews = "Bewertung;Sterne;Quelle\n";
        for (int i = 0; i < 80; ++i)
            reviews += "\"Das Buch war wirklich gut; ich habe es zweimal gelesen, Nummer " + std::to_string(i) + "\";" +
                       (i % 3 ? "5" : "1") + ";Laden\n";
        write_text(at.folder() / "reviews.csv", reviews);
        write_text(at.folder() / "bad.csv", "text,label\na,x\nb,y,z\nc,x\nd,y\n");
        for (const char* name : {"reviews", "bad"}) {
            ui::DataDialog dialog(ui::qs((at.folder() / (std::string(name) + ".csv")).string()), at.window.get());
            dialog.show();
            QSignalSpy read(&dialog, &ui::DataDialog::wasRead);
            QVERIFY(read.wait(patience_ms));
            look(at, QStringLiteral("data-%1").arg(QLatin1String(name)), &dialog);
        }
    }

    // A task as it is edited, with its tokens; some are cut.
    void lookAtTask(WindowUnderTest& at) {
        ui::TaskDialog dialog(load_task("section"), "encoder-mini", at.window.get());
        dialog.show();
        QSignalSpy previewed(&dialog, &ui::TaskDialog::previewed);
        QVERIFY(previewed.wait(patience_ms));
        dialog.findChild<QSpinBox*>(QStringLiteral("taskLongest"))->setValue(24);
        look(at, QStringLiteral("task-edit"), &dialog);
    }

    // Nothing can be written while a study runs.
    void lookAtFullDisk(WindowUnderTest& at) {
        at.workspace->openDesign(sample_study("first-look"));
        QVERIFY(at.settle() && at.workspace->startStudy());
        EVENTUALLY(at.hand->job().key != 0);
        at.window->showPage(ui::PageId::run);
        {
            const FailingDisk full;
            at.hand->send(begun_run(at.hand->job(), 40, 23));
            EVENTUALLY(!at.workspace->queue().stalled.empty());
            look(at, QStringLiteral("run-full-disk"));
        }
        EVENTUALLY(at.workspace->queue().stalled.empty());
        at.workspace->cancelAll();
        EVENTUALLY(!at.workspace->running());
    }

    // A database that somebody has sent.
    void lookAtForeignDatabase(WindowUnderTest& at) {
        std::filesystem::copy_file(at.folder() / "window.db", at.folder() / "sent.db");
        at.window->showPage(ui::PageId::home);
        QVERIFY(at.workspace->openDatabase(at.folder() / "sent.db"));
        QVERIFY(at.workspace->foreign());
        look(at, QStringLiteral("home-foreign"));
        at.window->showPage(ui::PageId::design);
        look(at, QStringLiteral("design-foreign"));
    }

private Q_SLOTS:
    void everyPage_data() {
        QTest::addColumn<int>("appearance");
        QTest::newRow("light") << static_cast<int>(ui::Appearance::light);
        QTest::newRow("dark") << static_cast<int>(ui::Appearance::dark);
    }
    void everyPage() {
        QFETCH(int, appearance);
        m_look = QString::fromLatin1(QTest::currentDataTag());
        WindowUnderTest at(false, static_cast<ui::Appearance>(appearance));
        QVERIFY(QTest::qWaitForWindowExposed(at.window.get(), patience_ms));
        look(at, QStringLiteral("home-no-database"));
        QVERIFY(at.open());
        look(at, QStringLiteral("home-first"));
        for (const ui::PageId page : {ui::PageId::run, ui::PageId::results, ui::PageId::replay}) {
            at.window->showPage(page);
            look(at, QStringLiteral("empty-%1").arg(static_cast<int>(page)));
        }
        lookAtBackbones(at);
        lookAtDesign(at);

        const QByteArray given = qgetenv("DIAPASON_SCREENSHOTS_DB");
        if (!given.isEmpty()) {
            std::filesystem::copy_file(given.toStdString(), at.folder() / "diapason.db");
            QVERIFY(at.workspace->openDatabase(at.folder() / "diapason.db"));
            at.window->showPage(ui::PageId::run);
            look(at, QStringLiteral("run-finished"));
            auto* desk = at.window->page<ui::RunPage>()->findChild<ui::CurveDesk*>();
            desk->raise(desk->styles().front().arm);
            look(at, QStringLiteral("run-finished-raised"));
            at.window->showPage(ui::PageId::results);
            look(at, QStringLiteral("results"));
            at.window->showPage(ui::PageId::replay);
            look(at, QStringLiteral("replay"));
        }
        QVERIFY(at.play(sample_study("first-look"), 20));
        EVENTUALLY(at.hand->job().key != 0);
        at.hand->send(begun_run(at.hand->job(), 40, 23));
        at.window->showPage(ui::PageId::run);
        EVENTUALLY(at.workspace->queue().entries[20].step == 23);
        look(at, QStringLiteral("run-live"));
        auto* desk = at.window->page<ui::RunPage>()->findChild<ui::CurveDesk*>();
        desk->raise(desk->styles().back().arm);
        look(at, QStringLiteral("run-raised"));
        desk->raise(desk->styles().back().arm);
        at.window->showPage(ui::PageId::results);
        look(at, QStringLiteral("results-partial"));
        at.window->showPage(ui::PageId::design);
        look(at, QStringLiteral("design-while-running"));
        at.window->showPage(ui::PageId::home);
        look(at, QStringLiteral("home-running"));
        at.window->showPage(ui::PageId::run);
        const auto failing = at.hand->job().key;
        at.hand->send(state_event(RunState::failed,
                                  "resources/data/section/train.tsv, line 7: 2 columns where 3 are needed; "
                                  "correct the line or name another file"));
        EVENTUALLY_EQUAL(at.workspace->queue().failed, std::size_t(1));
        EVENTUALLY(at.hand->job().key != failing);
        at.hand->send(begun_run(at.hand->job(), 40, 3));
        at.workspace->pause(true);
        EVENTUALLY(at.workspace->queue().paused);
        look(at, QStringLiteral("run-failed-paused"));
        at.workspace->cancelAll();
        EVENTUALLY(!at.workspace->running());
        look(at, QStringLiteral("run-stopped"));
        at.window->showPage(ui::PageId::replay);
        look(at, QStringLiteral("replay-scripted"));
        at.window->showPage(ui::PageId::results);
        look(at, QStringLiteral("results-scripted"));
        const auto trigger = [&](const QString& text) {
            for (QAction* action : at.window->findChildren<QAction*>()) {
                if (action->text() == text) return action->trigger();
            }
            QFAIL(qPrintable(text));
        };
        trigger(QStringLiteral("Export results…"));
        EVENTUALLY(at.window->findChild<QDialog*>() != nullptr);
        auto* dialog = at.window->findChild<QDialog*>();
        look(at, QStringLiteral("export"), dialog);
        dialog->close();
        EVENTUALLY(at.window->findChild<QDialog*>() == nullptr);
        trigger(QStringLiteral("Find an action…"));
        EVENTUALLY(at.window->findChild<ui::ActionFinder*>() != nullptr);
        look(at, QStringLiteral("finder"), at.window->findChild<ui::ActionFinder*>());
        at.window->findChild<ui::ActionFinder*>()->close();
        lookAtFullDisk(at);
        lookAtForeignDatabase(at);
        write_text(at.folder() / "broken.db", "this is no database, only text that is long enough to be looked at");
        at.window->showPage(ui::PageId::home);
        QVERIFY(!at.workspace->openDatabase(at.folder() / "broken.db"));
        look(at, QStringLiteral("home-unreadable"));
    }
};

DIAPASON_TEST(TestPictures)
#include "test_pictures.moc"
