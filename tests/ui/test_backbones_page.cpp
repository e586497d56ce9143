// The Backbones page: a folder comes in, is looked at, checked and removed; what goes wrong stands in the page.

#include "core/library/library.h"
#include "tests/support/tiny_backbone.h"
#include "tests/ui/ui_support.h"
#include "ui/backbones/backbones_page.h"
#include "ui/frame/file_dialog.h"

#include <QDragEnterEvent>
#include <QDropEvent>
#include <QInputDialog>
#include <QListWidget>
#include <QMimeData>

using namespace diapason;
using namespace diapason::testing;

class TestBackbonesPage : public QObject {
    Q_OBJECT

    std::unique_ptr<WindowUnderTest> m_at;
    ui::BackbonesPage* m_page = nullptr;

    template <class W>
    W* find(const char* name) {
        return m_at->find<W>(name);
    }
    void press(const char* name) { QTest::mouseClick(find<QPushButton>(name), Qt::LeftButton); }
    QString message() { return find<QLabel>("backboneMessage")->text(); }
    bool said() { return find<QLabel>("backboneMessage")->isVisible(); }
    int rows() { return find<QTableWidget>("backbones")->rowCount(); }

    /// Through the button and its dialog.
    void bring(const std::filesystem::path& folder) {
        ui::file_dialog::nextAnswer() = ui::qs(folder.string());
        press("importBackbone");
    }

private Q_SLOTS:
    void init() {
        m_at = std::make_unique<WindowUnderTest>();
        QVERIFY(QTest::qWaitForWindowActive(m_at->window.get(), patience_ms));
        QVERIFY(m_at->open());
        m_page = m_at->window->page<ui::BackbonesPage>();
        m_at->window->showPage(ui::PageId::backbones);
        EVENTUALLY_EQUAL(rows(), 2);
    }
    void cleanup() { m_at.reset(); }

    void emptyLibrarySaysWhatToDo() {
        QVERIFY(find<QLabel>("backbonesHint")->isVisible());
        QVERIFY(!find<QPushButton>("removeBackbone")->isEnabled()); // embedded
        EVENTUALLY(find<QTreeWidget>("backboneFacts")->topLevelItemCount() >= 4);
    }

    void importCheckRemove() {
        bring(tiny_backbone(m_at->folder() / "tiny"));
        EVENTUALLY(said());
        QVERIFY2(message().contains(QLatin1String("Imported tiny")), qPrintable(message()));
        EVENTUALLY_EQUAL(rows(), 3);
        QVERIFY(!find<QLabel>("backbonesHint")->isVisible());
        EVENTUALLY_EQUAL(find<QLabel>("backboneName")->text(), QStringLiteral("tiny")); // the new one is shown
        // A study can name it at once.
        QStringList names;
        for (const QListWidget* list : m_at->window->findChildren<QListWidget*>()) {
            for (int i = 0; i < list->count(); ++i)
                names.append(list->item(i)->text());
        }
        QVERIFY(names.contains(QLatin1String("tiny")));
        press("checkBackbone");
        EVENTUALLY(said() && message().contains(QLatin1String("match the import record")));
        press("removeBackbone");
        QVERIFY(find<QLabel>("removeQuestion")->isVisible());
        QVERIFY(find<QLabel>("removeQuestion")->text().contains(QLatin1String("cannot be undone")));
        QTest::keyClick(m_at->window->focusWidget(), Qt::Key_Space); // the focus is on the harmless answer
        QVERIFY(!find<QLabel>("removeQuestion")->isVisible());
        QVERIFY(std::filesystem::exists(library_folder() / "tiny"));
        press("removeBackbone");
        press("removeNow");
        EVENTUALLY_EQUAL(rows(), 2);
        QVERIFY(!std::filesystem::exists(library_folder() / "tiny"));
    }

    void aTakenNameIsAskedFor() {
        const auto source = tiny_backbone(m_at->folder() / "tiny");
        bring(source);
        EVENTUALLY(said());
        EVENTUALLY_EQUAL(rows(), 3);
        QString suggested;
        const auto answer = [&](bool accept, const QString& name) {
            QTimer::singleShot(0, m_page, [=, this, &suggested] {
                auto* dialog = m_page->findChild<QInputDialog*>(QStringLiteral("importName"));
                if (dialog == nullptr) return;
                suggested = dialog->textValue();
                if (!name.isEmpty()) dialog->setTextValue(name);
                accept ? dialog->accept() : dialog->reject();
            });
            bring(source);
        };
        answer(false, {});
        QCOMPARE(suggested, QStringLiteral("tiny-2"));
        QVERIFY(!said());
        answer(true, QStringLiteral("another"));
        EVENTUALLY(said());
        QVERIFY2(message().contains(QLatin1String("Imported another")), qPrintable(message()));
        EVENTUALLY_EQUAL(rows(), 4);
    }

    void badFolderIsSaidInThePage() {
        tiny_backbone(m_at->folder() / "bad");
        std::filesystem::remove(m_at->folder() / "bad" / "model.safetensors");
        bring(m_at->folder() / "bad");
        EVENTUALLY(said());
        QVERIFY2(message().contains(QLatin1String("model.safetensors")), qPrintable(message()));
        QCOMPARE(find<QLabel>("backboneMessage")->property("role").toString(), QStringLiteral("error"));
        QVERIFY(QApplication::activeModalWidget() == nullptr);
        QVERIFY(find<QPushButton>("importBackbone")->isEnabled());
        QCOMPARE(rows(), 2);
    }

    void cancelLeavesNothingAndTheWindowLives() {
        Json document = tiny_backbone_config();
        tiny_backbone(m_at->folder() / "large");
        document.update({{"vocab_size", 60000}, {"hidden_size", 512}});
        write_text(m_at->folder() / "large" / "config.json", document.dump());
        write_tensors(m_at->folder() / "large" / "model.safetensors", tiny_tensors(document));
        bring(m_at->folder() / "large");
        QVERIFY(find<QPushButton>("cancelBackbone")->isVisible());
        EVENTUALLY(!find<QLabel>("backboneDoing")->text().isEmpty());
        press("cancelBackbone");
        EVENTUALLY(said());
        QVERIFY2(message().contains(QLatin1String("Stopped")), qPrintable(message()));
        QVERIFY(listing(library_folder()).empty());
        QVERIFY(!find<QPushButton>("cancelBackbone")->isVisible());
    }

    void droppingAFolderImportsIt() {
        tiny_backbone(m_at->folder() / "dropped");
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(ui::qs((m_at->folder() / "dropped").string()))});
        QDragEnterEvent enter(QPoint(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(m_page, &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop(QPointF(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(m_page, &drop);
        EVENTUALLY_EQUAL(rows(), 3);
    }
};

DIAPASON_TEST(TestBackbonesPage)
#include "test_backbones_page.moc"
