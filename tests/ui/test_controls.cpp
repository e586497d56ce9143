// Nothing is changed, cut or stopped by accident: wheel, digits, drop-downs, questions.

#include "tests/ui/ui_support.h"
#include "ui/frame/question.h"
#include "ui/theme/combo_box.h"

#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QHelpEvent>
#include <QListWidget>
#include <QMessageBox>
#include <QPushButton>
#include <QScrollBar>
#include <QSlider>
#include <QStyleOptionComboBox>
#include <QTabBar>
#include <QToolTip>
#include <QWheelEvent>

#include <functional>

using namespace diapason;
using namespace diapason::testing;

namespace {

class OpenComboBox : public ui::ComboBox {
public:
    using ui::ComboBox::ComboBox;
    using ui::ComboBox::initStyleOption;
};

// As the window system sends it: it may give the focus, and goes on to the parent where it is not taken.
void turnWheel(QWidget* over) {
    const QPointF at = over->rect().center();
    QWheelEvent wheel(at, over->mapToGlobal(at), {}, {0, -120}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
    QSpontaneKeyEvent::setSpontaneous(&wheel);
    qApp->notify(over, &wheel);
}

/// Every page, and every section of the design.
void onEveryPage(WindowUnderTest& at, const std::function<void(const QString& where)>& look) {
    auto* sections = at.find<QListWidget>("sections");
    for (const ui::PageInfo& page : at.window->pages()) {
        at.window->showPage(page.id);
        if (page.id != ui::PageId::design) {
            look(page.title);
            continue;
        }
        for (int section = 0; section < sections->count(); ++section) {
            sections->setCurrentRow(section);
            look(QStringLiteral("Design %1").arg(section + 1));
        }
    }
}

/// Lets a test act on the question that is about to be asked.
void whenAsked(QWidget* parent, const std::function<void(QMessageBox& box)>& act) {
    QTimer::singleShot(0, parent, [act] {
        auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
        QVERIFY(box != nullptr);
        act(*box);
    });
}

} // namespace

class TestControls : public QObject {
    Q_OBJECT

    std::unique_ptr<WindowUnderTest> m_at;

private Q_SLOTS:
    // A window that closes would end every later event loop, and questions have one.
    void initTestCase() { QApplication::setQuitOnLastWindowClosed(false); }
    void init() {
        m_at = std::make_unique<WindowUnderTest>();
        QVERIFY(QTest::qWaitForWindowActive(m_at->window.get(), patience_ms));
        QVERIFY(m_at->open());
        m_at->workspace->openDesign(sample_study("first-look"));
        QVERIFY(m_at->settle());
    }
    void cleanup() { m_at.reset(); }

    void theWheelChangesNothingWithoutFocus() {
        QVERIFY(m_at->playToEnd(window_study()));
        int tried = 0;
        onEveryPage(*m_at, [&](const QString& where) {
            for (QWidget* widget : m_at->window->findChildren<QWidget*>()) {
                if (!widget->isVisible() || qobject_cast<QScrollBar*>(widget) != nullptr) continue;
                const auto* combo = qobject_cast<QComboBox*>(widget);
                const auto* slider = qobject_cast<QAbstractSlider*>(widget);
                const auto* tabs = qobject_cast<QTabBar*>(widget);
                if (combo == nullptr && slider == nullptr && tabs == nullptr) continue;
                const auto value = [&] {
                    return combo != nullptr    ? combo->currentIndex()
                           : slider != nullptr ? slider->value()
                                               : tabs->currentIndex();
                };
                if (QApplication::focusWidget() != nullptr) QApplication::focusWidget()->clearFocus();
                const int before = value();
                turnWheel(widget);
                QVERIFY2(value() == before && !widget->hasFocus(),
                         qPrintable(where + QLatin1Char(' ') + widget->objectName()));
                QVERIFY2(widget->focusPolicy() != Qt::WheelFocus,
                         qPrintable(where + QLatin1Char(' ') + widget->objectName()));
                ++tried;
            }
        });
        QVERIFY(tried > 20);
        // With the focus it is a way to choose.
        m_at->window->showPage(ui::PageId::run);
        auto* smoothing = m_at->find<QSlider>("smoothing");
        const int before = smoothing->value();
        smoothing->setFocus();
        turnWheel(smoothing);
        QVERIFY(smoothing->value() != before);
    }

    void theWheelScrollsWhatLiesAround() {
        m_at->window->resize(1000, 640);
        m_at->window->showPage(ui::PageId::design);
        m_at->find<QListWidget>("sections")->setCurrentRow(3);
        auto* field = m_at->find<QComboBox>("option_schedule");
        EVENTUALLY(field->isVisible());
        QScrollArea* area = nullptr;
        for (QWidget* up = field; up != nullptr && area == nullptr; up = up->parentWidget())
            area = qobject_cast<QScrollArea*>(up);
        QVERIFY(area != nullptr);
        EVENTUALLY(area->verticalScrollBar()->maximum() > 0);
        turnWheel(field);
        QVERIFY(area->verticalScrollBar()->value() > 0);
    }

    void aDigitLeadsToItsPageUnlessSomebodyTypes() {
        const auto press = [&](Qt::Key key) {
            QTest::keyClick(QApplication::focusWidget() != nullptr ? QApplication::focusWidget() : m_at->window.get(),
                            key);
        };
        m_at->window->showPage(ui::PageId::home);
        const Json before = to_json(m_at->workspace->design());
        QTest::mouseClick(m_at->find<QPushButton>("openDesign"), Qt::LeftButton); // the focus goes where it will
        QCOMPARE(m_at->window->currentPage(), ui::PageId::design);
        press(Qt::Key_1);
        QCOMPARE(m_at->window->currentPage(), ui::PageId::home);
        // A page does not give the focus back to the field that had it.
        press(Qt::Key_2);
        auto* rate = m_at->find<QLineEdit>("option_learning_rate");
        QTest::mouseClick(rate, Qt::LeftButton);
        QCOMPARE(QApplication::focusWidget(), rate);
        QTest::keySequence(m_at->window.get(), QKeySequence(QStringLiteral("Alt+1")));
        QCOMPARE(m_at->window->currentPage(), ui::PageId::home);
        press(Qt::Key_2);
        press(Qt::Key_4);
        QCOMPARE(m_at->window->currentPage(), ui::PageId::results);
        QCOMPARE(to_json(m_at->workspace->design()), before);
        // Who clicks into a field types into it.
        press(Qt::Key_2);
        QTest::mouseClick(rate, Qt::LeftButton);
        const QString text = rate->text();
        press(Qt::Key_1);
        QCOMPARE(m_at->window->currentPage(), ui::PageId::design);
        QVERIFY(rate->text() != text);
    }

    void popupsShowTheirEntriesWhole() {
        QVERIFY(m_at->playToEnd(window_study()));
        std::set<QString> seen;
        onEveryPage(*m_at, [&](const QString& where) {
            for (QComboBox* box : m_at->window->findChildren<QComboBox*>()) {
                if (!box->isVisible() || !box->isEnabled() || box->count() == 0) continue;
                const QString name = where + QLatin1Char(' ') + box->objectName();
                QVERIFY2(qobject_cast<ui::ComboBox*>(box) != nullptr, qPrintable(name));
                box->showPopup();
                EVENTUALLY(box->view()->isVisible());
                QCoreApplication::processEvents();
                const QRect room = box->view()->viewport()->rect();
                for (int i = 0; i < box->count(); ++i) {
                    const QModelIndex index = box->model()->index(i, box->modelColumn(), box->rootModelIndex());
                    const QRect entry = box->view()->visualRect(index);
                    const QString figures = QStringLiteral("%1, entry %2 \"%3\": %4 to %5 of %6 px, %7 of %8 wide")
                                                .arg(name)
                                                .arg(i)
                                                .arg(box->itemText(i))
                                                .arg(entry.top())
                                                .arg(entry.bottom())
                                                .arg(room.height())
                                                .arg(box->view()->sizeHintForIndex(index).width())
                                                .arg(room.width());
                    if (room.height() < box->view()->window()->screen()->availableGeometry().height() / 2)
                        QVERIFY2(entry.top() >= 0 && entry.bottom() < room.height(), qPrintable(figures));
                    QVERIFY2(box->view()->sizeHintForIndex(index).width() <= room.width(), qPrintable(figures));
                }
                box->hidePopup();
                seen.insert(box->objectName());
            }
        });
        for (const char* name : {"studies", "addMethod", "metric", "xAxis", "speed", "execution", "baseline"})
            QVERIFY2(seen.contains(QLatin1String(name)), name);
    }

    void aClosedBoxSaysWhatItCuts() {
        OpenComboBox box;
        const QString text = QStringLiteral("Tokens per second of the whole machine");
        box.addItem(text);
        box.setToolTip(QStringLiteral("what is drawn below"));
        box.resize(130, 24);
        box.show();
        QStyleOptionComboBox option;
        box.initStyleOption(&option);
        QVERIFY2(option.currentText.contains(QChar(0x2026)), qPrintable(option.currentText));
        QVERIFY(option.fontMetrics.horizontalAdvance(option.currentText) < 130);
        QHelpEvent help(QEvent::ToolTip, {5, 5}, box.mapToGlobal(QPoint(5, 5)));
        QApplication::sendEvent(&box, &help);
        QCOMPARE(QToolTip::text(), text + QStringLiteral("\nwhat is drawn below"));
        box.resize(600, 24);
        box.initStyleOption(&option);
        QCOMPARE(option.currentText, text);
        QToolTip::hideText();
    }

    // One run, so that it can end while the question stands.
    void closingAsksAndEnterKeepsTheStudy() {
        Study one = window_study({1}, 1);
        one.methods.resize(1);
        m_at->workspace->openDesign(one);
        QVERIFY(m_at->settle());
        QVERIFY(m_at->workspace->startStudy());
        EVENTUALLY(m_at->hand->job().key != 0);
        m_at->hand->send(begun_run(m_at->hand->job(), 40, 3));
        for (const Qt::Key key : {Qt::Key_Return, Qt::Key_Escape}) {
            QStringList buttons;
            whenAsked(m_at->window.get(), [&](QMessageBox& box) {
                for (const QAbstractButton* button : box.buttons())
                    buttons.append(button->text());
                QTest::keyClick(&box, key);
            });
            QVERIFY(!m_at->window->close());
            QVERIFY2(buttons.contains(QStringLiteral("Stop and close")) &&
                         buttons.contains(QStringLiteral("Keep running")),
                     qPrintable(buttons.join(QLatin1Char('|'))));
            QVERIFY(m_at->workspace->running() && m_at->window->isVisible());
        }
        // The study ends meanwhile: there is nothing left to ask.
        whenAsked(m_at->window.get(), [&](QMessageBox&) { m_at->hand->send(rest_of_run(m_at->hand->job())); });
        QVERIFY(!m_at->window->close());
        QVERIFY(!m_at->workspace->running() && m_at->window->isVisible());
        QCOMPARE(m_at->workspace->queue().finished, std::size_t(1));
        QVERIFY(m_at->window->close());
    }

    void stopAndCloseStops() {
        m_at->workspace->openDesign(window_study({1}, 1));
        QVERIFY(m_at->settle());
        QVERIFY(m_at->workspace->startStudy());
        EVENTUALLY(m_at->hand->job().key != 0);
        whenAsked(m_at->window.get(), [](QMessageBox& box) {
            for (QAbstractButton* button : box.buttons()) {
                if (button->text() == QLatin1String("Stop and close")) return button->click();
            }
        });
        QVERIFY(m_at->window->close());
        EVENTUALLY(!m_at->workspace->running());
    }
};

DIAPASON_TEST(TestControls)
#include "test_controls.moc"
