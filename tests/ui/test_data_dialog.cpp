// slow
// A file of one's own, by mouse alone: dropped, recognised, used, trained on; and what cannot be used says why.

#include "core/data/own_tasks.h"
#include "tests/ui/modal.h"
#include "tests/ui/ui_support.h"
#include "ui/design/data_dialog.h"
#include "ui/frame/file_dialog.h"

#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDropEvent>
#include <QLabel>
#include <QListWidget>
#include <QMimeData>
#include <QPushButton>
#include <QTableView>
#include <QTimer>

using namespace diapason;
using namespace diapason::testing;

namespace {

/// Reviews with a German header, semicolons, and line breaks between quotes.
std::string reviews(int rows) {
    std::string text = "Bewertung;Sterne\r\n";
    for (int i = 0; i < rows; ++i)
        text += (i % 2 ? "\"gut; wirklich\ngut Nummer " : "\"schlecht; wirklich\nschlecht Nummer ") +
                std::to_string(i) + "\";" + (i % 2 ? "5" : "1") + "\r\n";
    return text;
}

/// Does something with the dialog when it shows what it has read.
void inDialog(const std::function<void(ui::DataDialog&)>& act) {
    testing::inDialog(&ui::DataDialog::wasRead, act);
}

} // namespace

class TestDataDialog : public QObject {
    Q_OBJECT

    std::unique_ptr<WindowUnderTest> m_at;

    void drop(const std::filesystem::path& file) {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(QString::fromStdString(file.string()))});
        QDragEnterEvent enter({200, 200}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(m_at->window.get(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent event({200, 200}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(m_at->window.get(), &event);
    }

private Q_SLOTS:
    void cleanup() { m_at.reset(); }

    void droppedMappedTrained() {
        m_at = std::make_unique<WindowUnderTest>(true);
        QVERIFY(m_at->open());
        m_at->workspace->openDesign(study_from_json({{"format", "diapason-study"},
                                                     {"version", 1},
                                                     {"id", "own"},
                                                     {"title", "Own data"},
                                                     {"backbone", "encoder-mini"},
                                                     {"task", "section"},
                                                     {"training", {{"steps", 6}, {"max_tokens", 32}}},
                                                     {"methods", {{{"method", "lora"}}, {{"method", "bitfit"}}}},
                                                     {"seeds", {1, 2}}},
                                                    "own"));
        QVERIFY(m_at->settle());
        const auto file = m_at->folder() / "reviews.csv";
        write_text(file, reviews(300));
        int clicks = 0;
        const auto click = [&](QPushButton* button) {
            QVERIFY(button->isEnabled());
            ++clicks;
            QTest::mouseClick(button, Qt::LeftButton);
        };
        drop(file);
        bool used = false;
        QTimer::singleShot(0, m_at->window.get(), [&] {
            inDialog([&](ui::DataDialog& dialog) {
                QCOMPARE(dialog.findChild<QComboBox*>(QStringLiteral("dataKind"))->currentData().toString(),
                         QStringLiteral("classification"));
                QCOMPARE(dialog.findChild<QComboBox*>(QStringLiteral("dataField0"))->currentText(),
                         QStringLiteral("text"));
                QCOMPARE(dialog.findChild<QComboBox*>(QStringLiteral("dataField1"))->currentText(),
                         QStringLiteral("label"));
                const auto* splits = dialog.findChild<QTableWidget*>(QStringLiteral("dataSplits"));
                QCOMPARE(splits->rowCount(), 3);
                QCOMPARE(splits->columnCount(), 4); // rows, and two classes
                QVERIFY(dialog.findChild<QLabel*>(QStringLiteral("dataReasons"))
                            ->text()
                            .contains(QLatin1String("semicolons")));
                click(dialog.findChild<QPushButton*>(QStringLiteral("dataUse")));
                used = true;
            });
        });
        QVERIFY(comes_true([&] { return used; }));
        QVERIFY(comes_true([&] { return m_at->workspace->design().task == "reviews"; }));
        QVERIFY(m_at->settle());
        QCOMPARE(m_at->window->currentPage(), ui::PageId::design);
        click(m_at->find<QPushButton>("preflight"));
        const bool ready = comes_true([&] { return m_at->find<QPushButton>("start")->isEnabled(); });
        const auto* problems = m_at->find<QListWidget>("problems");
        QVERIFY2(ready, problems->count() > 0 ? qPrintable(problems->item(0)->text()) : "not checked");
        QVERIFY(clicks <= 4);
        click(m_at->find<QPushButton>("start"));
        QVERIFY(comes_true([&] { return m_at->workspace->running(); }));
        QVERIFY(comes_true([&] { return !m_at->workspace->running(); }));
        int finished = 0;
        for (const RunRecord& run : m_at->workspace->reader().runs(m_at->workspace->currentStudy()))
            finished += run.state == RunState::finished ? 1 : 0;
        QCOMPARE(finished, 4);
        QVERIFY2(m_at->problems.isEmpty(), qPrintable(m_at->problems.join(QLatin1Char('\n'))));
    }

    void columnsCanBeChosen() {
        m_at = std::make_unique<WindowUnderTest>();
        QVERIFY(m_at->open());
        const auto file = m_at->folder() / "pairs.csv";
        std::string text = "first,second,value\n";
        for (int i = 0; i < 60; ++i)
            text += "the first text " + std::to_string(i) + ",the second text," + (i % 2 ? "yes" : "no") + "\n";
        write_text(file, text);
        m_at->window->showPage(ui::PageId::design);
        ui::file_dialog::nextAnswer() = QString::fromStdString(file.string());
        bool done = false;
        inDialog([&](ui::DataDialog& dialog) {
            auto* second = dialog.findChild<QComboBox*>(QStringLiteral("dataField1"));
            QCOMPARE(second->currentText(), QStringLiteral("not used"));
            second->setCurrentIndex(second->findData(QStringLiteral("pair")));
            QSignalSpy read(&dialog, &ui::DataDialog::wasRead);
            Q_EMIT second->activated(second->currentIndex());
            QVERIFY(read.wait(patience_ms));
            QCOMPARE(dialog.findChild<QComboBox*>(QStringLiteral("dataField1"))->currentText(), QStringLiteral("pair"));
            dialog.findChild<QLineEdit*>(QStringLiteral("dataName"))->setText(QStringLiteral("my pairs"));
            QTest::mouseClick(dialog.findChild<QPushButton*>(QStringLiteral("dataUse")), Qt::LeftButton);
            done = true;
        });
        QTest::mouseClick(m_at->find<QPushButton>("addData"), Qt::LeftButton);
        QVERIFY(done);
        const Task task = load_task("my pairs");
        QVERIFY(task.columns.at("pair") == ColumnNames("second"));
        QCOMPARE(m_at->workspace->design().task, std::string("my pairs"));
    }

    // Bad rows refuse a file until the user lets them go.
    void rowsWithFaultsCanBeLeftOut() {
        m_at = std::make_unique<WindowUnderTest>();
        QVERIFY(m_at->open());
        const auto file = m_at->folder() / "some.jsonl";
        std::string text;
        for (int i = 0; i < 60; ++i)
            text += i == 7
                        ? "no json\n"
                        : "{\"text\": \"row " + std::to_string(i) + "\", \"label\": \"" + (i % 2 ? "a" : "b") + "\"}\n";
        write_text(file, text);
        m_at->window->showPage(ui::PageId::design);
        ui::file_dialog::nextAnswer() = QString::fromStdString(file.string());
        bool done = false;
        inDialog([&](ui::DataDialog& dialog) {
            auto* use = dialog.findChild<QPushButton*>(QStringLiteral("dataUse"));
            auto* skip = dialog.findChild<QCheckBox*>(QStringLiteral("dataSkip"));
            QVERIFY(!use->isEnabled() && skip->isVisible());
            QVERIFY(dialog.findChild<QLabel*>(QStringLiteral("dataMessage"))->text().contains(QLatin1String("line 8")));
            QSignalSpy read(&dialog, &ui::DataDialog::wasRead);
            skip->click();
            QVERIFY(read.wait(patience_ms));
            QVERIFY(use->isEnabled() && skip->isVisible());
            QVERIFY(
                dialog.findChild<QLabel*>(QStringLiteral("dataWarnings"))->text().contains(QLatin1String("line 8")));
            QTest::mouseClick(use, Qt::LeftButton);
            done = true;
        });
        QTest::mouseClick(m_at->find<QPushButton>("addData"), Qt::LeftButton);
        QVERIFY(done);
        QVERIFY(load_task("some").rows.skip_bad);
    }

    void whatCannotBeUsedSaysWhy_data() {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QString>("says");
        QTest::newRow("binary") << QByteArray("PK\3\4\0\0\0", 7) << "is not text";
        QTest::newRow("empty") << QByteArray() << "contains no rows";
        QTest::newRow("no answers") << QByteArray("text\nall of these\nare different\n") << "no kind of task fits";
        QTest::newRow("a bad row") << QByteArray("text,label\na,x\nb,y,z\nc,x\nd,y\n") << "line 3";
    }
    void whatCannotBeUsedSaysWhy() {
        QFETCH(QByteArray, content);
        QFETCH(QString, says);
        m_at = std::make_unique<WindowUnderTest>();
        QVERIFY(m_at->open());
        const auto file = m_at->folder() / "bad.csv";
        write_text(file, content.toStdString());
        m_at->window->showPage(ui::PageId::design);
        const std::string before = m_at->workspace->design().task;
        ui::file_dialog::nextAnswer() = QString::fromStdString(file.string());
        bool done = false;
        inDialog([&](ui::DataDialog& dialog) {
            const auto* message = dialog.findChild<QLabel*>(QStringLiteral("dataMessage"));
            QVERIFY2(message->isVisible() && message->text().contains(says), qPrintable(message->text()));
            QVERIFY(!dialog.findChild<QPushButton*>(QStringLiteral("dataUse"))->isEnabled());
            // What can be seen of it is seen, so that columns can be chosen otherwise.
            const int rows = dialog.findChild<QTableWidget*>(QStringLiteral("dataRows"))->rowCount();
            QCOMPARE(rows > 1, content.startsWith("text"));
            done = true;
            dialog.reject();
        });
        QTest::mouseClick(m_at->find<QPushButton>("addData"), Qt::LeftButton);
        QVERIFY(done);
        QCOMPARE(m_at->workspace->design().task, before);
    }
};

DIAPASON_TEST(TestDataDialog)
#include "test_data_dialog.moc"
