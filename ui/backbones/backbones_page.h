// The library of backbones: what there is, what is known of it, and how more comes in.
#pragma once

#include "ui/backbones/backbone_facts.h"
#include "ui/backbones/backbone_work.h"
#include "ui/frame/page.h"
#include "ui/frame/workspace.h"

#include <QFrame>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QTableWidget>

namespace diapason::ui {

class BackbonesPage : public Page {
    Q_OBJECT
public:
    explicit BackbonesPage(Workspace& workspace, QWidget* parent = nullptr);
    QList<QAction*> pageActions() const override { return m_actions; }
    QWidget* firstFocus() override { return m_table; }
    void activated() override { reload(); }

    void importFrom(const QString& source);

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    QWidget* buildList();
    QWidget* buildDetails();
    QWidget* buildStrips();
    void buildActions();
    void reload();
    void fill(const std::vector<BackboneRow>& rows);
    void showCurrent();
    void showFacts(const QString& name, const Json& facts, const QString& problem);
    void finish(bool good, const QString& message, const QString& name);
    void say(const char* role, const QString& text);
    void askRemoval();
    void updateButtons();
    const BackboneRow* current() const;
    bool isTaken(const QString& name) const;
    QString askForName(const QString& taken); ///< empty = none is wanted

    Workspace& m_workspace;
    BackboneWork* m_work;
    std::vector<BackboneRow> m_rows;
    QString m_wanted; ///< to be selected when it is listed
    QTableWidget* m_table;
    QPushButton *m_import, *m_importFile, *m_check, *m_remove, *m_cancel, *m_removeNow, *m_keep;
    QFrame *m_progress, *m_question;
    QLabel *m_doing, *m_message, *m_questionText, *m_name, *m_about, *m_more;
    QProgressBar* m_bar;
    BackboneFacts* m_facts;
    QList<QAction*> m_actions;
};

} // namespace diapason::ui
