// The Design page: every edit is one undoable step, varying makes arms, wrong values are explained in place.

#include "tests/ui/ui_support.h"
#include "ui/design/arms_model.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QDialog>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QTableView>
#include <QTimer>
#include <QToolButton>

using namespace diapason;
using namespace diapason::testing;

class TestDesign : public QObject {
    Q_OBJECT

    std::unique_ptr<WindowUnderTest> m_at;

    int arms() const {
        m_at->settle();
        return m_at->find<QTableView>("arms")->model()->rowCount();
    }
    void choose(int method) { m_at->find<QListWidget>("methods")->setCurrentRow(method); }

private Q_SLOTS:
    void init() {
        QTest::failOnWarning(QRegularExpression(QStringLiteral("no widget|QObject|QWidget|QAbstractItem")));
        m_at = std::make_unique<WindowUnderTest>();
        QVERIFY(QTest::qWaitForWindowActive(m_at->window.get(), patience_ms));
        QVERIFY(m_at->open());
        m_at->window->showPage(ui::PageId::design);
        m_at->workspace->openDesign(window_study());
        QVERIFY(m_at->settle());
        new QAbstractItemModelTester(m_at->find<QTableView>("arms")->model(),
                                     QAbstractItemModelTester::FailureReportingMode::Fatal, m_at->window.get());
    }
    void cleanup() { m_at.reset(); }

    void undoAndRedo() {
        QCOMPARE(arms(), 3);
        choose(0);
        type(m_at->find<QLineEdit>("option_rank"), "4");
        QCOMPARE(m_at->workspace->design().methods[0].options.at("rank"), Json(4));
        QTest::mouseClick(m_at->find<QPushButton>("removeMethod"), Qt::LeftButton);
        QCOMPARE(arms(), 2);
        QUndoStack& undo = m_at->workspace->undoStack();
        QCOMPARE(undo.count(), 2);
        QTest::keySequence(m_at->window.get(), QKeySequence::Undo);
        QCOMPARE(arms(), 3);
        QTest::keySequence(m_at->window.get(), QKeySequence::Undo);
        QVERIFY(!m_at->workspace->design().methods[0].options.contains("rank"));
        choose(0);
        QCOMPARE(m_at->find<QLineEdit>("option_rank")->text(), QStringLiteral("8"));
        QTest::keySequence(m_at->window.get(), QKeySequence(QStringLiteral("Ctrl+Shift+Z")));
        QCOMPARE(m_at->find<QLineEdit>("option_rank")->text(), QStringLiteral("4"));
        QVERIFY(undo.canRedo());
    }

    void aPresetSetsOptions() {
        m_at->workspace->edit(QStringLiteral("adapters"), [](Study& study) {
            study.methods = {{"serial_adapter", {{"size", 7}}, Json::object(), {}}};
        });
        choose(0);
        auto* preset = m_at->find<QComboBox>("preset");
        QVERIFY(preset->isVisible());
        QCOMPARE(preset->currentText(), QStringLiteral("custom"));
        const MethodInfo& info = method_info("serial_adapter");
        const int index = preset->findText(QString::fromStdString(info.presets.front().label));
        QVERIFY(index > 0);
        preset->setCurrentIndex(index);
        Q_EMIT preset->activated(index);
        QCOMPARE(m_at->workspace->design().methods[0].options, info.presets.front().options);
        QCOMPARE(m_at->find<QComboBox>("preset")->currentText(), QString::fromStdString(info.presets.front().label));
        QTest::keySequence(m_at->window.get(), QKeySequence::Undo);
        QCOMPARE(m_at->workspace->design().methods[0].options, Json({{"size", 7}}));
    }

    void budgetsAreEqualised() {
        QString shown;
        bool refused = false;
        QTimer::singleShot(0, m_at->window.get(), [&] {
            auto* dialog = qobject_cast<QDialog*>(QApplication::activeModalWidget());
            if (dialog == nullptr) return;
            auto* target = dialog->findChild<QLineEdit*>(QStringLiteral("budgetTarget"));
            auto* apply = dialog->findChild<QPushButton*>(QStringLiteral("budgetApply"));
            target->setText(QStringLiteral("much"));
            refused = !apply->isEnabled();
            target->setText(QStringLiteral("50000"));
            auto* table = dialog->findChild<QTableView*>(QStringLiteral("budgetTable"));
            for (int row = 0; row < table->model()->rowCount(); ++row)
                shown += table->model()->index(row, 1).data().toString() + QLatin1Char('|');
            apply->click();
        });
        m_at->find<QPushButton>("equalBudget")->click();
        QVERIFY(refused);
        const Study& study = m_at->workspace->design();
        const auto rank = study.methods[0].options.at("rank").get<std::int64_t>();
        QCOMPARE(shown, QStringLiteral("rank %1|the study varies its length|").arg(rank));
        QVERIFY(m_at->settle());
        const ParameterCounts& counts = m_at->workspace->plan()->facts.front().counts;
        QVERIFY(std::abs(static_cast<double>(counts.trained) / 50000 - 1) < 0.05);
        QVERIFY(!study.methods[1].options.contains("length"));
        m_at->window->activateWindow(); // what a window manager does behind a dialog
        QVERIFY(QTest::qWaitForWindowActive(m_at->window.get(), patience_ms));
        QTest::keySequence(m_at->window.get(), QKeySequence::Undo);
        QVERIFY(!m_at->workspace->design().methods[0].options.contains("rank"));
    }

    void varyingAnOptionAddsArms() {
        choose(0);
        QTest::mouseClick(m_at->find<QToolButton>("vary_rank"), Qt::LeftButton);
        QCOMPARE(arms(), 3); // one level yet
        QVERIFY(m_at->find<QToolButton>("vary_rank")->isChecked());
        type(m_at->find<QLineEdit>("option_rank"), "2, 4, 8");
        QCOMPARE(arms(), 5);
        EVENTUALLY(m_at->find<QLabel>("armsTitle")->text().contains(QStringLiteral("5 arms × 3 seeds = 15 runs")));
        QTest::mouseClick(m_at->find<QToolButton>("vary_rank"), Qt::LeftButton);
        QCOMPARE(arms(), 3);
    }

    // A fair comparison tries several learning rates of each method.
    void aMethodVariesItsLearningRate() {
        choose(0);
        auto* form = m_at->find<QWidget>("methodTraining");
        QTest::mouseClick(form->findChild<QToolButton*>(QStringLiteral("vary_learning_rate")), Qt::LeftButton);
        type(form->findChild<QLineEdit*>(QStringLiteral("option_learning_rate")), "0.001, 0.002");
        QCOMPARE(arms(), 4);
        const Study study = m_at->workspace->design();
        QCOMPARE(study.methods[0].vary.front().address, std::string("training.learning_rate"));
        QVERIFY(m_at->find<QListWidget>("methods")->item(0)->text().contains(QStringLiteral("2 × learning_rate")));
        type(form->findChild<QLineEdit*>(QStringLiteral("option_learning_rate")), "0.001, -1");
        EVENTUALLY(form->findChild<QLabel*>(QStringLiteral("wrong_learning_rate"))->isVisible());
        type(form->findChild<QLineEdit*>(QStringLiteral("option_learning_rate")), "0.001, 0.004");
        QTest::mouseClick(form->findChild<QToolButton*>(QStringLiteral("vary_learning_rate")), Qt::LeftButton);
        QCOMPARE(arms(), 3);
    }

    void levelsThatCannotBeReadAreNotTaken() {
        choose(0);
        QTest::mouseClick(m_at->find<QToolButton>("vary_rank"), Qt::LeftButton);
        type(m_at->find<QLineEdit>("option_rank"), "2, many");
        QCOMPARE(arms(), 3);
        auto* wrong = m_at->find<QLabel>("wrong_rank");
        EVENTUALLY(wrong->isVisible());
        QVERIFY2(wrong->text().contains(QLatin1String("many")), qPrintable(wrong->text()));
        type(m_at->find<QLineEdit>("option_rank"), "2, 16");
        EVENTUALLY(wrong->isHidden());
        QCOMPARE(arms(), 4);
    }

    void wrongValueIsExplainedAndBlocksTheStart() {
        auto* sections = m_at->find<QListWidget>("sections");
        auto* start = m_at->find<QPushButton>("start");
        EVENTUALLY(start->isEnabled());
        EVENTUALLY_EQUAL(start->text(), QStringLiteral("Start 9 runs"));
        sections->setCurrentRow(3);
        type(m_at->find<QLineEdit>("option_steps"), "0");
        auto* wrong = m_at->find<QLabel>("wrong_steps");
        EVENTUALLY(wrong->isVisible());
        QVERIFY2(wrong->text().contains(QLatin1String("from 1")), qPrintable(wrong->text()));
        EVENTUALLY(!start->isEnabled());
        sections->setCurrentRow(4);
        auto* problems = m_at->find<QListWidget>("problems");
        QVERIFY(problems->item(0)->text().contains(QLatin1String("training.steps")));
        // Enter on the problem leads back to the field.
        problems->setFocus();
        problems->setCurrentRow(0);
        QTest::keyClick(problems, Qt::Key_Return);
        QCOMPARE(sections->currentRow(), 3);
        QCOMPARE(m_at->window->focusWidget(), m_at->find<QLineEdit>("option_steps"));
        type(m_at->find<QLineEdit>("option_steps"), "many");
        EVENTUALLY(wrong->isVisible());
        EVENTUALLY(!start->isEnabled());
        type(m_at->find<QLineEdit>("option_steps"), "30");
        EVENTUALLY(wrong->isHidden());
        EVENTUALLY(start->isEnabled());
    }

    void seeds() {
        m_at->find<QListWidget>("sections")->setCurrentRow(3);
        type(m_at->find<QLineEdit>("seeds"), "1, two");
        QVERIFY(m_at->find<QLabel>("wrong_seeds")->text().contains(QLatin1String("two")));
        QCOMPARE(m_at->workspace->design().seeds.size(), std::size_t(3));
        type(m_at->find<QLineEdit>("seeds"), "1,1");
        EVENTUALLY(m_at->find<QLabel>("wrong_seeds")->text().contains(QLatin1String("twice")));
        EVENTUALLY(!m_at->find<QPushButton>("start")->isEnabled());
        type(m_at->find<QLineEdit>("seeds"), "4, 5");
        EVENTUALLY(m_at->find<QLabel>("wrong_seeds")->isHidden());
        QCOMPARE(m_at->workspace->design().seeds, (std::vector<std::uint64_t>{4, 5}));
    }

    void optionsThatDoNotMatterAreAbsentAndRareOnesFolded() {
        m_at->find<QListWidget>("sections")->setCurrentRow(3);
        QVERIFY(m_at->window->findChild<QLineEdit*>(QLatin1String("option_beta1")) == nullptr);
        for (QToolButton* more : m_at->window->findChildren<QToolButton*>(QLatin1String("moreOptions"))) {
            if (more->isVisible()) QTest::mouseClick(more, Qt::LeftButton);
        }
        QVERIFY(m_at->find<QLineEdit>("option_beta1") != nullptr);
    }

    void anotherBackbone() {
        Study study = window_study();
        study.backbone = "/nowhere/backbone";
        m_at->workspace->openDesign(study);
        QVERIFY(m_at->settle());
        QVERIFY(!m_at->find<QPushButton>("start")->isEnabled());
        QVERIFY(m_at->find<QListWidget>("problems")->item(0)->text().contains(QLatin1String("/nowhere/backbone")));
    }
};

DIAPASON_TEST(TestDesign)
#include "test_design.moc"
