// A task of one's own is copied, edited with its tokens in sight, and removed; those that come with Diapason stay.

#include "core/data/own_tasks.h"
#include "tests/ui/modal.h"
#include "tests/ui/ui_support.h"
#include "ui/design/task_dialog.h"

#include <QAbstractButton>
#include <QApplication>
#include <QMessageBox>
#include <QPushButton>
#include <QTimer>

using namespace diapason;
using namespace diapason::testing;

namespace {

/// Does something with the dialog when it shows what it has read.
void inDialog(const std::function<void(ui::TaskDialog&)>& act) {
    testing::inDialog(&ui::TaskDialog::previewed, act);
}

} // namespace

class TestTaskDialog : public QObject {
    Q_OBJECT

    std::unique_ptr<WindowUnderTest> m_at;

    void click(const char* button) { QTest::mouseClick(m_at->find<QPushButton>(button), Qt::LeftButton); }
    void duplicateSection() {
        click("duplicateTask");
        QCOMPARE(m_at->workspace->design().task, std::string("section copy"));
        QVERIFY(m_at->settle());
    }

private Q_SLOTS:
    void init() {
        m_at = std::make_unique<WindowUnderTest>();
        QVERIFY(m_at->open());
        m_at->window->showPage(ui::PageId::design);
        m_at->workspace->openDesign(window_study());
        QVERIFY(m_at->settle());
        m_at->find<QListWidget>("sections")->setCurrentRow(1);
    }
    void cleanup() { m_at.reset(); }

    void onlyOwnTasksAreEdited() {
        QVERIFY(!m_at->find<QPushButton>("editTask")->isEnabled());
        QVERIFY(!m_at->find<QPushButton>("removeTask")->isEnabled());
        duplicateSection();
        QVERIFY(m_at->find<QPushButton>("editTask")->isEnabled());
        click("duplicateTask"); // of the copy
        QCOMPARE(m_at->workspace->design().task, std::string("section copy copy"));
        QVERIFY(m_at->settle());
        QVERIFY2(m_at->problems.isEmpty(), qPrintable(m_at->problems.join(QLatin1Char('\n'))));
    }

    void tokensFollowTheForm() {
        duplicateSection();
        bool done = false;
        inDialog([&](ui::TaskDialog& dialog) {
            auto* tokens = dialog.findChild<QTextBrowser*>(QStringLiteral("taskTokens"));
            auto* form = dialog.findChild<QLineEdit*>(QStringLiteral("taskTemplate"));
            auto* save = dialog.findChild<QPushButton*>(QStringLiteral("taskSave"));
            QVERIFY2(
                tokens->toPlainText().contains(QLatin1String("[CLS]")),
                qPrintable(tokens->toPlainText() + dialog.findChild<QLabel*>(QStringLiteral("taskMessage"))->text()));
            QVERIFY(!tokens->toPlainText().contains(QLatin1String("Cut")));
            dialog.findChild<QSpinBox*>(QStringLiteral("taskLongest"))->setValue(6);
            QVERIFY(tokens->toPlainText().contains(QLatin1String("Cut")));
            form->setText(QStringLiteral("no place for it"));
            QVERIFY(!save->isEnabled());
            QVERIFY(dialog.findChild<QLabel*>(QStringLiteral("taskMessage"))
                        ->text()
                        .contains(QLatin1String("{text} is missing")));
            form->setText(QStringLiteral("Package: {text}"));
            QVERIFY(save->isEnabled());
            auto* labels = dialog.findChild<QTableWidget*>(QStringLiteral("taskLabels"));
            labels->item(0, 1)->setText(QStringLiteral("a perl module"));
            auto* metrics = dialog.findChild<QListWidget*>(QStringLiteral("taskMetrics"));
            for (int row = 0; row < metrics->count(); ++row)
                if (metrics->item(row)->data(Qt::UserRole).toString() == QLatin1String("matthews"))
                    metrics->item(row)->setCheckState(Qt::Checked);
            QTest::mouseClick(save, Qt::LeftButton);
            done = true;
        });
        click("editTask");
        QVERIFY(done);
        const Task task = load_task("section copy");
        QCOMPARE(task.text_template, std::string("Package: {text}"));
        QCOMPARE(task.max_tokens, std::int64_t(6));
        QCOMPARE(task.labels.front().words, std::string("a perl module"));
        QVERIFY(std::find(task.metrics.begin(), task.metrics.end(), "matthews") != task.metrics.end());
        QVERIFY(m_at->settle());
        QCOMPARE(m_at->workspace->plan()->task().get().max_tokens, std::int64_t(6)); // the design has the new one
    }

    void removingIsAskedFor() {
        duplicateSection();
        for (const bool agreed : {false, true}) {
            QTimer::singleShot(0, m_at->window.get(), [agreed] {
                auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
                QVERIFY(box != nullptr && box->text().contains(QLatin1String("section copy")));
                for (QAbstractButton* button : box->buttons()) {
                    const bool yes = box->buttonRole(button) == QMessageBox::AcceptRole ||
                                     box->buttonRole(button) == QMessageBox::DestructiveRole;
                    if (yes == agreed) return button->click();
                }
            });
            click("removeTask");
            QVERIFY(m_at->settle());
            QCOMPARE(std::filesystem::exists(own_task_file("section copy")), !agreed);
        }
        QVERIFY(m_at->workspace->design().task != "section copy");
    }
};

DIAPASON_TEST(TestTaskDialog)
#include "test_task_dialog.moc"
